import { dateTime, email, integer, line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const students = resource({
  name: 'students',
  singular: 'student',
  fields: {
    name: line(1, 100),
    email: email(),
    rollNo: line(1, 32),
    age: integer(3, 120),
  },
  readOnly: { graduatedAt: dateTime().optional() },
  routes: {
    graduateStudent: {
      method: 'POST',
      on: 'item',
      path: '/graduation',
      power: 'write',
      summary: 'Record that a student has graduated',
      errors: ['already_graduated'],
    },
  },
  onChange: { 'student-mail': { mails: true } },
  unique: ['email'],
  indexes: [{ sort: 'name' }, { by: 'rollNo' }, { sort: 'age' }],
  access: { member: ['read', 'write'] },
})

import { dateTime, email, integer, line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const students = resource({
  name: 'students',
  singular: 'student',
  fields: {
    name: line(1, 100).describe('The full name, in one line.'),
    email: email().describe(
      'Where mail for the student goes; no two students have the same, in any case.',
    ),
    rollNo: line(1, 32).describe(
      'The number on the roll, which may have letters too; it need not be unique.',
    ),
    age: integer(3, 120).describe('In whole years.'),
  },
  readOnly: {
    graduatedAt: dateTime()
      .optional()
      .describe('When `graduateStudent` recorded the graduation; absent until then.'),
  },
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

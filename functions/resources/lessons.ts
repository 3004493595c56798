import { integer, line, ref } from '../model/fields.ts'
import { resource } from '../model/resource.ts'
import { courses } from './courses.ts'
import { students } from './students.ts'

export const lessons = resource({
  name: 'lessons',
  singular: 'lesson',
  parent: courses,
  fields: {
    title: line(1, 200).describe('What the lesson is about.'),
    minutes: integer(1, 600).describe('How long the lesson takes.'),
    // Everybody sees the id of the student, and nothing else of the student.
    studentId: ref(students, 'publicly').optional(),
  },
  access: { public: ['read'], editor: ['write'] },
})

import { crud } from './crud/crud.ts'
import { Problem } from './model/problems.ts'
import { students } from './resources/students.ts'

export const handler = crud(students, {
  routes: {
    graduateStudent: ({ graduatedAt }) => {
      if (graduatedAt) throw new Problem('already_graduated')
      return { graduatedAt: new Date().toISOString() }
    },
  },
})

import { crud } from './crud/crud.ts'
import { students } from './resources/students.ts'

export const handler = crud(students)

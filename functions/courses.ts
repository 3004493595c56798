import { crud } from './crud/crud.ts'
import { courses } from './resources/courses.ts'

export const handler = crud(courses)

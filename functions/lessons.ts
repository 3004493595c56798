import { crud } from './crud/crud.ts'
import { lessons } from './resources/lessons.ts'

export const handler = crud(lessons)

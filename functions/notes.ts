import { crud } from './crud/crud.ts'
import { notes } from './resources/notes.ts'

export const handler = crud(notes)

import { crud } from './crud/crud.ts'
import { mountains } from './resources/mountains.ts'

export const handler = crud(mountains)

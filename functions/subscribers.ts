import { crud } from './crud/crud.ts'
import { subscribers } from './resources/subscribers.ts'

export const handler = crud(subscribers)

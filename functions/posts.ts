import { crud } from './crud/crud.ts'
import { posts } from './resources/posts.ts'

export const handler = crud(posts)

import type { Resource } from '../model/declaration.ts'
import { mountains } from './mountains.ts'
import { posts } from './posts.ts'
import { students } from './students.ts'
import { subscribers } from './subscribers.ts'

/** The resources of this API: the one list of them. Scopes are listed in this order. */
export const resources: readonly Resource[] = [students, mountains, posts, subscribers]

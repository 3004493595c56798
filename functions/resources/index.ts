import type { Resource } from '../model/declaration.ts'
import { courses } from './courses.ts'
import { lessons } from './lessons.ts'
import { mountains } from './mountains.ts'
import { notes } from './notes.ts'
import { posts } from './posts.ts'
import { students } from './students.ts'
import { subscribers } from './subscribers.ts'

/** The resources of this API: the one list of them. Scopes are listed in this order. */
export const resources: readonly Resource[] = [
  students,
  mountains,
  posts,
  notes,
  courses,
  lessons,
  subscribers,
]

import {
  choice,
  date,
  integer,
  line,
  list,
  number,
  object,
  pattern,
  text,
} from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const courses = resource({
  name: 'courses',
  singular: 'course',
  param: 'courseId',
  fields: {
    title: line(1, 200),
    status: choice('draft', 'published').default('draft'),
    startsOn: date().optional(),
    level: integer(1, 5).default(1),
    fee: object({
      amount: number(0, 100_000),
      currency: pattern(/^[A-Z]{3}$/, 3, 'three capital letters'),
      note: line(1, 100).optional(),
    }).optional(),
    tags: list(line(1, 30), 10).default([]),
  },
  readOnly: { slug: text(200) },
  compute: ({ title }) => ({ slug: slugOf(title) }),
  unique: ['title'],
  indexes: [{ by: 'status', sort: 'startsOn' }, { sort: 'level' }],
  access: { public: ['read'], editor: ['write'] },
})

/** `Où sont les Alpes?` → `ou-sont-les-alpes`; empty where nothing is left. */
function slugOf(title: string): string {
  const letters = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return letters
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 200)
}

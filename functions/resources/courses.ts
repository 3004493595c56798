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
    title: line(1, 200).describe('The name of the course; no two have the same.'),
    status: choice('draft', 'published')
      .default('draft')
      .describe('Whether it is announced; everybody can read drafts too.'),
    startsOn: date().optional().describe('The first day; absent until it is known.'),
    level: integer(1, 5).default(1).describe('From 1, for beginners, to 5, for experts.'),
    fee: object({
      amount: number(0, 100_000).describe(
        'In units of the currency, not of its cents: `12.5` euros are 12 euros and 50 cents.',
      ),
      currency: pattern(/^[A-Z]{3}$/, 3, 'three capital letters').describe(
        'The code of the currency (ISO 4217), such as `EUR`.',
      ),
      note: line(1, 100).optional().describe('What the price includes, in words.'),
    })
      .optional()
      .describe('The price of taking part; absent where none is set.'),
    tags: list(line(1, 30), 10).default([]).describe('Key words, kept in their order.'),
  },
  readOnly: {
    slug: text(200).describe(
      'The title as a part of an address, made by the API: lower-case letters, digits and hyphens. Not unique; empty where nothing is left of the title.',
    ),
  },
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

import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Declaration, Resource } from '../../../functions/model/declaration.ts'
import {
  boolean,
  choice,
  email,
  integer,
  line,
  list,
  number,
  object,
  slug,
  text,
} from '../../../functions/model/fields.ts'
import { byFields, sortFields } from '../../../functions/model/indexes.ts'
import { users } from '../../../functions/model/parents.ts'
import { resource } from '../../../functions/model/resource.ts'
import { resources } from '../../../functions/routes/registry.ts'
import { formOf } from '../../../functions/store/layout.ts'
import { partsOf } from '../../../functions/store/versions.ts'
import { roleChanges } from '../../../infra/plan/access-changes.ts'
import {
  type Accepted,
  type Change,
  changeLines,
  nothingAccepted,
  optionsToGoOn,
  stopping,
  type Verdict,
} from '../../../infra/plan/change.ts'
import { compare } from '../../../infra/plan/compare.ts'
import { recordedFormOf } from '../../../infra/plan/list-changes.ts'
import { recordOf } from '../../../infra/plan/record.ts'

type More = Partial<Declaration> & { upgrade?: readonly unknown[] }

const fields = { title: line(1, 100), mail: email(), pages: integer(1, 999) }

function books(more: More = {}) {
  return resource({ name: 'books', singular: 'book', fields, ...more } as Declaration)
}

const shelves = resource({ name: 'shelves', singular: 'shelf', param: 'shelfId', fields })

/** What is said of a change, where `count` items are stored. */
function changes(before: readonly More[], now: readonly More[], count: number): Change[] {
  const record = (all: readonly More[]) => recordOf([shelves, ...all.map(books)]).resources
  return compare(record(before), record(now), () => count)
}

/** Each cell: what was declared, what is declared now, and what comes of it over items or none. */
type Cell = readonly [
  name: string,
  before: More,
  now: More,
  overItems: Verdict,
  overNone: Verdict,
  text: RegExp,
]

const upgrade = [(item: object) => item]
const member = (...powers: ('read' | 'write' | 'admin')[]) => ({ access: { member: powers } })
const withField = (field: unknown) => ({ fields: { ...fields, note: field } }) as More

const cells: readonly Cell[] = [
  [
    'add a filter',
    {},
    { indexes: [{ by: 'title' }] },
    'reindex',
    'nothing',
    /the index by_title is new: lists by it are 503 until it holds 12 stored items/,
  ],
  [
    'remove a filter',
    { indexes: [{ by: 'title' }] },
    {},
    'nothing',
    'nothing',
    /by_title goes: its parameters are 400/,
  ],
  [
    'change how a filter compares',
    { indexes: [{ by: 'title' }] },
    { indexes: [{ by: 'title' }], fields: { ...fields, title: email() } },
    'reindex',
    'nothing',
    /by_title are compared in another way/,
  ],
  [
    'change a sorted field from a number to text',
    { indexes: [{ sort: 'pages' }] },
    { indexes: [{ sort: 'pages' }], fields: { ...fields, pages: line(1, 9) } },
    'reindex',
    'nothing',
    /sort_pages are compared in another way/,
  ],
  ['add a sort', {}, { indexes: [{ sort: 'pages' }] }, 'reindex', 'nothing', /sort_pages is new/],
  ['remove a sort', { indexes: [{ sort: 'pages' }] }, {}, 'nothing', 'nothing', /sort_pages goes/],
  [
    'change a sort',
    { indexes: [{ sort: 'pages' }] },
    { indexes: [{ sort: 'title' }] },
    'reindex',
    'nothing',
    /sort_title is new/,
  ],
  [
    'combine a filter and a sort that are there',
    { indexes: [{ by: 'title' }, { sort: 'pages' }] },
    { indexes: [{ by: 'title', sort: 'pages' }, { sort: 'pages' }] },
    'nothing',
    'nothing',
    /by_title_sort_pages is new: lists by it are 503 until it is made|nothing is stored yet/,
  ],
  ['add unique', {}, { unique: ['mail'] }, 'reindex', 'nothing', /mail is unique now/],
  ['remove unique', { unique: ['mail'] }, {}, 'nothing', 'nothing', /mail is not unique any more/],
  [
    'change how unique values compare',
    { unique: ['mail'] },
    { unique: ['mail'], fields: { ...fields, mail: text(254, 1) } },
    'reindex',
    'nothing',
    /unique values of mail are compared in another way/,
  ],
  ['more shards', {}, { shards: 4 }, 'reindex', 'nothing', /4 shards instead of 1/],
  ['fewer shards', { shards: 4 }, { shards: 2 }, 'reindex', 'nothing', /2 shards instead of 4/],
  [
    'other shards under a parent',
    { parent: shelves },
    { parent: shelves, shards: 2 },
    'nothing',
    'nothing',
    /2 shards/,
  ],
  [
    'add a required field',
    {},
    withField(line(1, 9)),
    'refused',
    'nothing',
    /required field note is new, and stored items lack it/,
  ],
  [
    'add a required field with an upgrade',
    {},
    { ...withField(line(1, 9)), upgrade },
    'reindex',
    'nothing',
    /`upgrade` gives it|1 more `upgrade`/,
  ],
  [
    'remove a required field',
    withField(line(1, 9)),
    {},
    'nothing',
    'nothing',
    /note is not declared any more/,
  ],
  [
    'an optional field becomes required',
    withField(line(1, 9).optional()),
    withField(line(1, 9)),
    'refused',
    'nothing',
    /note is required now/,
  ],
  [
    '… with an upgrade',
    withField(line(1, 9).optional()),
    { ...withField(line(1, 9)), upgrade },
    'reindex',
    'nothing',
    /note is required now/,
  ],
  [
    'add an optional field',
    {},
    withField(line(1, 9).optional()),
    'nothing',
    'nothing',
    /optional field note is new; .* unless a field of this name was declared before|nothing is stored/,
  ],
  [
    'remove an optional field',
    withField(line(1, 9).optional()),
    {},
    'nothing',
    'nothing',
    /note is not declared/,
  ],
  [
    'a required field becomes optional',
    withField(line(1, 9)),
    withField(line(1, 9).optional()),
    'nothing',
    'nothing',
    /note is optional now; every stored item fits/,
  ],
  [
    'add a field with a default',
    {},
    withField(line(1, 9).default('x')),
    'nothing',
    'nothing',
    /answered with its default "x" at once, unless a field of this name was declared before|nothing is stored/,
  ],
  [
    'remove a default',
    withField(line(1, 9).default('x')),
    withField(line(1, 9)),
    'nothing',
    'nothing',
    /has no default any more|required now/,
  ],
  [
    'give a field a default',
    withField(line(1, 9)),
    withField(line(1, 9).default('x')),
    'nothing',
    'nothing',
    /note has the default "x" now/,
  ],
  [
    'change a default',
    withField(line(1, 9).default('x')),
    withField(line(1, 9).default('y')),
    'nothing',
    'nothing',
    /the default of note is "y"/,
  ],
  [
    'change the default of a filter',
    { fields: { ...fields, note: line(1, 9).default('x') }, indexes: [{ by: 'note' }] } as More,
    { fields: { ...fields, note: line(1, 9).default('y') }, indexes: [{ by: 'note' }] } as More,
    'reindex',
    'nothing',
    /by_note are compared in another way, or have another default|the default of note/,
  ],
  [
    'add an upgrade to what lists are answered by',
    { unique: ['mail'] },
    { unique: ['mail'], upgrade },
    'reindex',
    'nothing',
    /or a unique value are 503 until then|1 more/,
  ],
  [
    'roll an upgrade back under a filter',
    { indexes: [{ by: 'title' }], upgrade },
    { indexes: [{ by: 'title' }] },
    'reindex',
    'nothing',
    /fewer `upgrade`s: .* never overwritten/,
  ],
  ['add an upgrade', {}, { upgrade }, 'reindex', 'nothing', /1 more `upgrade`/],
  [
    'remove an upgrade',
    { upgrade },
    {},
    'nothing',
    'nothing',
    /fewer `upgrade`s: .* never overwritten/,
  ],
  [
    'change the kind of a field',
    withField(line(1, 9)),
    withField(integer(1, 9)),
    'nothing',
    'nothing',
    /note takes less \(integer in the place of string\)/,
  ],
  [
    'change the kind with an upgrade',
    withField(line(1, 9)),
    { ...withField(integer(1, 9)), upgrade },
    'reindex',
    'reindex',
    /`upgrade` leads stored items/,
  ],
  [
    'widen the kind of a field',
    withField(integer(1, 9)),
    withField(number(1, 9)),
    'nothing',
    'nothing',
    /note takes more; every stored value fits/,
  ],
  [
    'tighten a bound',
    withField(line(1, 9)),
    withField(line(2, 8)),
    'nothing',
    'nothing',
    /note takes less \(minLength 2; maxLength 8\)/,
  ],
  [
    'loosen a bound',
    withField(line(2, 8)),
    withField(line(1, 9)),
    'nothing',
    'nothing',
    /note takes more/,
  ],
  [
    'take a word from a choice',
    withField(choice('a', 'b')),
    withField(choice('a')),
    'nothing',
    'nothing',
    /note takes less \(without b\)/,
  ],
  [
    'add a word to a choice',
    withField(choice('a')),
    withField(choice('a', 'b')),
    'nothing',
    'nothing',
    /note takes more/,
  ],
  [
    'make a choice of text',
    withField(line(1, 9)),
    withField(choice('a')),
    'nothing',
    'nothing',
    /takes less \(only a\)/,
  ],
  [
    'make text of a choice',
    withField(choice('a')),
    withField(line(1, 9)),
    'nothing',
    'nothing',
    /takes more/,
  ],
  ...(
    [
      [
        'exclude a lower bound',
        z.number().min(0).max(9),
        z.number().gt(0).max(9),
        'exclusiveMinimum 0',
      ],
      [
        'exclude an upper bound',
        z.number().min(0).max(9),
        z.number().min(0).lt(9),
        'exclusiveMaximum 9',
      ],
      ['take one word of a choice', choice('a', 'b'), z.literal('a'), 'without b'],
      ['make one word of text', line(1, 9), z.literal('a'), 'only a'],
      ['make shorter text of a choice', choice('published', 'no'), line(1, 3), 'without published'],
      ['make a slug of a choice', choice('No', 'yes'), slug(9), 'without No'],
      [
        'make text with a form that was added of a choice',
        choice('SKU-1', 'none'),
        line(1, 9).regex(/^SKU-/),
        'without none',
      ],
      ['add a bound to a field', line(1, 200), line(1, 200).max(50), 'maxLength 50'],
      ['add a bound from below', slug(20), slug(20).min(3), 'minLength 3'],
      ['add a bound to a list', list(line(1, 9), 5), list(line(1, 9), 5).max(3), 'maxItems 3'],
      [
        'add a bound to elements',
        list(line(1, 9), 5),
        list(line(1, 9).max(5), 5),
        'each maxLength 5',
      ],
      ['add a form to a field', line(1, 100), line(1, 100).regex(/^SKU-/), 'another pattern'],
      [
        'change a form that was added',
        line(1, 100).regex(/^SKU-/),
        line(1, 100).regex(/^SKU-\d/),
        'another pattern',
      ],
      ['ask for multiples', integer(0, 9), integer(0, 9).multipleOf(3), 'multipleOf 3'],
      [
        'ask for more elements',
        list(line(1, 9), 5),
        z.array(line(1, 9)).min(1).max(5),
        'minItems 1',
      ],
      [
        'admit one of other kinds',
        z.union([z.int().min(0).max(9), line(1, 9)]),
        z.union([z.boolean(), line(1, 9)]),
        'another anyOf',
      ],
    ] as const
  ).map(
    ([name, was, is, why]): Cell => [
      name,
      withField(was),
      withField(is),
      'nothing',
      'nothing',
      new RegExp(`note takes less \\(${why}\\)`),
    ],
  ),
  ...(
    [
      ['include a lower bound', z.number().gt(0).max(9), z.number().min(0).max(9)],
      ['name a bound of whole numbers otherwise', z.int().gt(0).max(9), integer(1, 9)],
      ['make text of words that fit', choice('a', 'b'), slug(9)],
      ['make a choice of one word', z.literal('a'), choice('a', 'b')],
      ['remove a bound that was added', line(1, 200).max(50), line(1, 200)],
      ['remove a form that was added', line(1, 100).regex(/^SKU-/), line(1, 100)],
    ] as const
  ).map(
    ([name, was, is]): Cell => [
      name,
      withField(was),
      withField(is),
      'nothing',
      'nothing',
      /note takes more; every stored value fits/,
    ],
  ),
  [
    'tighten a list',
    withField(list(line(1, 9), 5)),
    withField(list(line(1, 5), 4)),
    'nothing',
    'nothing',
    /\(maxItems 4; each maxLength 5\)/,
  ],
  [
    'tighten an object',
    withField(object({ a: line(1, 9), b: boolean() })),
    withField(object({ a: line(1, 5), c: boolean() })),
    'nothing',
    'nothing',
    /\(a: maxLength 5; without b; c is required\)/,
  ],
  [
    'change the key',
    {},
    { key: 'code', fields: { ...fields, code: slug(9) } } as More,
    'replace',
    'nothing',
    /found by code instead of id/,
  ],
  [
    'shorten the key',
    { key: 'code', fields: { ...fields, code: slug(64) } } as More,
    { key: 'code', fields: { ...fields, code: slug(10) } } as More,
    'nothing',
    'nothing',
    /code takes less \(maxLength 10\) of new items; stored keys need not fit\.$/,
  ],
  [
    'shorten the key, and add an upgrade',
    { key: 'code', fields: { ...fields, code: slug(64) } } as More,
    { key: 'code', fields: { ...fields, code: slug(10) }, upgrade } as More,
    'nothing',
    'nothing',
    /code takes less \(maxLength 10\) of new items; stored keys need not fit\.$/,
  ],
  [
    'bound the key from below',
    { key: 'code', fields: { ...fields, code: slug(64) } } as More,
    { key: 'code', fields: { ...fields, code: slug(64).min(3) } } as More,
    'nothing',
    'nothing',
    /code takes less \(minLength 3\) of new items; stored keys need not fit\.$/,
  ],
  [
    'give the key a form, and add an upgrade',
    { key: 'code', fields: { ...fields, code: slug(64) } } as More,
    { key: 'code', fields: { ...fields, code: slug(64).regex(/^b/) }, upgrade } as More,
    'nothing',
    'nothing',
    /code takes less \(another pattern\) of new items; stored keys need not fit\.$/,
  ],
  [
    'add a parent',
    {},
    { parent: shelves },
    'replace',
    'nothing',
    /found by shelfId and id instead of id/,
  ],
  [
    'remove a parent',
    { parent: shelves },
    {},
    'replace',
    'nothing',
    /found by id instead of shelfId and id/,
  ],
  [
    'change the parent',
    { parent: shelves },
    { parent: users },
    'replace',
    'nothing',
    /found by userId and id/,
  ],
  [
    'change the parent, not its parameter',
    { parent: shelves },
    { parent: { ...shelves, name: 'racks' } },
    'refused',
    'nothing',
    /under racks instead of shelves by the same parameter|^$/,
  ],
  ['make it private', {}, { owner: 'private' }, 'replace', 'nothing', /found by userId and id/],
  [
    'make it readable',
    {},
    { owner: 'readable' },
    'nothing',
    'nothing',
    /12 stored items without an owner, which only admins see and write|nothing is stored/,
  ],
  [
    'make what everybody reads readable',
    { access: { public: ['read'] } },
    { access: { public: ['read'] }, owner: 'readable' },
    'nothing',
    'nothing',
    /12 stored items without an owner, which only admins write|nothing is stored/,
  ],
  [
    'make it readable where a field has the name of the owner',
    { fields: { ...fields, userId: line(1, 100).optional() } } as More,
    { owner: 'readable' },
    'refused',
    'nothing',
    /the field userId of 12 stored items would become their owner/,
  ],
  [
    'make it readable where a read-only field has the name of the owner',
    { readOnly: { userId: text(100).optional() } },
    { owner: 'readable' },
    'refused',
    'nothing',
    /the field userId of 12 stored items would become their owner/,
  ],
  [
    'make it private where a field has the name of the owner',
    { fields: { ...fields, userId: line(1, 100).optional() } } as More,
    { owner: 'private' },
    'replace',
    'nothing',
    /found by userId and id/,
  ],
  [
    'readable becomes private',
    { owner: 'readable' },
    { owner: 'private' },
    'nothing',
    'nothing',
    /readable becomes private: over 12 stored items\.$|nothing is stored/,
  ],
  [
    'private becomes readable',
    { owner: 'private' },
    { owner: 'readable' },
    'widen',
    'nothing',
    /private becomes readable: others will see 12 stored items that only their owners see now|nothing is stored/,
  ],
  [
    'readable becomes nobody’s',
    { owner: 'readable' },
    {},
    'widen',
    'nothing',
    /readable becomes unowned: nobody will own 12 stored items that only their owners change now|nothing is stored/,
  ],
  [
    'add public reads',
    {},
    { access: { public: ['read'] } },
    'widen',
    'nothing',
    /everybody, without a token, may list, read: over 12 stored items|nothing is stored/,
  ],
  [
    'remove public reads',
    { access: { public: ['read'] } },
    {},
    'nothing',
    'nothing',
    /everybody, without a token, may not list, read any more/,
  ],
  [
    'add a power of a role',
    member('read'),
    member('read', 'write'),
    'widen',
    'nothing',
    /the role member may create, replace, patch, remove/,
  ],
  [
    'remove a power of a role',
    member('read', 'write'),
    member('read'),
    'nothing',
    'nothing',
    /the role member may not create, replace, patch, remove any more/,
  ],
  [
    'give a role the power of an admin',
    member('read', 'write'),
    member('read', 'write', 'admin'),
    'widen',
    'nothing',
    /the role member may admin/,
  ],
  [
    'lower the power that an operation asks for',
    { ...member('read'), powers: { list: 'admin' } },
    member('read'),
    'widen',
    'nothing',
    /the role member may list/,
  ],
  [
    'add an operation',
    { ...member('read'), operations: ['read'] },
    { ...member('read'), operations: ['read', 'list'] },
    'widen',
    'nothing',
    /the role member may list/,
  ],
  [
    'add onChange',
    {},
    { onChange: { teller: {} } },
    'nothing',
    'nothing',
    /teller receives every change from now on, but not the items/,
  ],
  [
    'put another function in the place of one of onChange',
    { onChange: { teller: {} } },
    { onChange: { clerk: {} } },
    'nothing',
    'nothing',
    /clerk receives every change from now on, and those of the last 23 hours, but not the items/,
  ],
  [
    'remove onChange',
    { onChange: { teller: {} } },
    {},
    'nothing',
    'nothing',
    /teller receives no more changes/,
  ],
  [
    'add a computed field',
    {},
    { readOnly: { slug: text(9) }, compute: () => ({ slug: '' }) } as More,
    'nothing',
    'nothing',
    /slug is new and read-only: stored items are answered with what is computed/,
  ],
  [
    'add a read-only field with a default',
    {},
    { readOnly: { views: integer(0, 9).default(0) } },
    'nothing',
    'nothing',
    /views is new and read-only: stored items are answered with its default/,
  ],
  [
    'remove a computed field',
    { readOnly: { slug: text(9) }, compute: () => ({ slug: '' }) } as More,
    {},
    'nothing',
    'nothing',
    /slug \(read-only\) is not answered/,
  ],
  [
    'change what is computed',
    { readOnly: { slug: text(9) }, compute: () => ({ slug: '' }) } as More,
    { readOnly: { slug: text(9) }, compute: () => ({ slug: 'none' }) } as More,
    'nothing',
    'nothing',
    /compute is another function: items keep what it made of them before/,
  ],
]

const weight: readonly Verdict[] = ['nothing', 'reindex', 'widen', 'replace', 'refused']

/** The gravest of several. */
function gravest(all: readonly Change[]): Verdict {
  return (
    all.map(({ verdict }) => verdict).sort((a, b) => weight.indexOf(b) - weight.indexOf(a))[0] ??
    'nothing'
  )
}

describe('a change of a declaration', () => {
  test.each(cells)('%s', (_, before, now, overItems, overNone, text) => {
    for (const [count, verdict] of [
      [12, overItems],
      [0, overNone],
    ] as const) {
      const said = changes([before], [now], count)
      expect(said.length, 'none is silent').toBeGreaterThan(0)
      const wanted = said.filter((change) => text.test(change.text))
      if (count > 0) expect(wanted.length, JSON.stringify(said)).toBeGreaterThan(0)
      // Where the table is replaced, what is opened is said beside that.
      const kept = wanted.length > 0 ? wanted : said
      expect([count, gravest(kept), said]).toEqual([count, verdict, said])
      const stops = stopping(said, nothingAccepted).length > 0
      expect(stops).toBe(said.some(({ verdict: of }) => weight.indexOf(of) > 1))
    }
  })

  test.each(cells)('%s: is to be re-indexed where the store says so', (_, before, now) => {
    const [was, is] = [books(before), books(now)]
    const record = (of: Resource) => recordOf([of]).resources.books
    if (JSON.stringify(record(was)?.keys) !== JSON.stringify(record(is)?.keys)) return
    const needed = partsOf(is).filter((part) => !partsOf(was).includes(part))
    const said = changes([before], [now], 12)
    expect([said.some(({ verdict }) => verdict === 'reindex'), needed, said]).toEqual([
      needed.length > 0,
      needed,
      said,
    ])
  })

  test('that is none is not told', () => {
    const all = { ...member('read'), unique: ['mail'], indexes: [{ by: 'title' }], upgrade }
    expect(changes([all], [all], 12)).toEqual([])
    const described = withField(line(1, 9).meta({ description: 'Something' }))
    expect(changes([withField(line(1, 9))], [described], 12)).toEqual([])
  })

  test('is new, gone, or seems to have another name', () => {
    expect(changes([], [{}], 12)).toEqual([
      { resource: 'books', verdict: 'nothing', text: 'is new, with an empty table.' },
    ])
    expect(changes([{}], [], 0)[0]?.verdict).toBe('nothing')
    const renamed = changes([{}], [{ name: 'novels' }], 12)
    expect(renamed.map(({ resource: of, verdict }) => [of, verdict])).toEqual([
      ['books', 'replace'],
      ['novels', 'nothing'],
    ])
    expect(renamed[0]?.text).toMatch(
      /12 stored items is deleted.* novels has the same fields, and begins empty/,
    )
  })

  test('that makes items lie in another table does not compare what is in it', () => {
    const said = changes([{}], [{ parent: shelves, shards: 3, ...withField(line(1, 9)) }], 12)
    expect(said.map(({ verdict }) => verdict)).toEqual(['replace'])
  })

  test('that adds a reader to what others lie under has it receive past changes too', () => {
    const record = (more: More) => {
      const declaration = { name: 'shelves', singular: 'shelf', param: 'shelfId', fields, ...more }
      const parent = resource(declaration as Declaration)
      return recordOf([parent, books({ parent })]).resources
    }
    const now = record({ onChange: { teller: {} } })
    expect(compare(record({}), now, () => 12)).toMatchObject([
      { resource: 'shelves', text: expect.stringContaining('and those of the last 23 hours') },
    ])
  })

  test('that opens a parent opens what lies under it', () => {
    const under = (owner: 'private' | 'readable') => ({
      parent: resource({ name: 'racks', singular: 'rack', param: 'rackId', owner, fields }),
    })
    expect(changes([under('private')], [under('readable')], 12)).toMatchObject([
      { verdict: 'widen', text: expect.stringContaining('private becomes readable') },
    ])
  })
})

describe('a role that is not declared any more', () => {
  const record = (roles: readonly string[], ...declared: Resource[]) => ({
    ...recordOf(declared),
    roles,
  })
  const now = record(['member', 'admin'])

  test('is said, whatever it gave, and stops nothing', () => {
    const said = roleChanges(record(['member', 'clerk', 'admin']), now)
    expect(changeLines(said, nothingAccepted)).toEqual([
      '  users: the role clerk is not declared any more: whoever has it may sign in and out, and nothing else, until they are given another.',
    ])
    expect(stopping(said, nothingAccepted)).toEqual([])
    expect(roleChanges(now, record(['member', 'clerk', 'admin']))).toEqual([])
    expect(roleChanges(undefined, now)).toEqual([])
  })

  test('is known by what it gave where the record names no roles', () => {
    const { roles: _, ...older } = recordOf([
      books({ access: { public: ['read'], editor: ['write'] } }),
    ])
    expect(roleChanges(older, now)).toMatchObject([{ text: expect.stringContaining('editor') }])
  })
})

test('a record tells how the values of a field are compared, as its declaration does', () => {
  const choices = { kind: choice('a', 'b'), rank: z.enum({ low: 1, high: 2 }) }
  const ofEachForm = books({
    fields: { ...fields, ...choices, open: boolean() },
    unique: ['title'],
    indexes: [{ by: 'mail' }, { by: 'open' }, { by: 'rank' }, { by: 'kind', sort: 'pages' }],
  } as More)
  for (const one of [...resources, ofEachForm]) {
    const recorded = recordOf([one]).resources[one.name]?.fields ?? {}
    for (const field of [...one.unique, ...byFields(one), ...sortFields(one)])
      expect(recordedFormOf(recorded, field), `${one.name} ${field}`).toBe(formOf(one, field))
  }
})

describe('what stops a deployment', () => {
  const said = changes([{}], [{ parent: shelves, access: { public: ['read'] } }], 12)
  const accepted = (more: Partial<Accepted>): Accepted => ({ ...nothingAccepted, ...more })

  test('is told with what to go on by, and goes on by that for this resource alone', () => {
    const lines = changeLines(said, nothingAccepted)
    expect(lines[0]).toMatch(/^! books: its items .* To go on: --replace books$/)
    expect(lines[1]).toMatch(/^! books: everybody, .* To go on: --widen books$/)
    expect(stopping(said, accepted({ replace: ['books'] }))).toHaveLength(1)
    expect(stopping(said, accepted({ replace: ['books'], widen: ['shelves'] }))).toHaveLength(1)
    const both = accepted({ replace: ['books'], widen: ['books'] })
    expect(stopping(said, both)).toEqual([])
    expect(changeLines(said, both).join()).not.toContain('To go on')
    expect(optionsToGoOn(said)).toEqual(['--replace books', '--widen books'])
  })

  test('and what is refused nothing lets through', () => {
    const refused = changes([{}], [withField(line(1, 9))], 12)
    const all = accepted({ replace: ['books'], widen: ['books'] })
    expect(stopping(refused, all)).toHaveLength(1)
    expect(changeLines(refused, all)[0]).toMatch(/ Refused\.$/)
    expect(optionsToGoOn([...said, ...refused])).toBeUndefined()
  })

  test('is not known where nobody can count', () => {
    const record = (more: More) => recordOf([books(more)]).resources
    const unknown = compare(record({}), record(withField(line(1, 9))), () => undefined)
    expect(unknown[0]?.verdict).toBe('refused')
  })
})

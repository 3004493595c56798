import { randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { checkResource } from '../../functions/model/check-resource.ts'
import type { Declaration, Fields, OwnRoute, OwnRoutes } from '../../functions/model/declaration.ts'
import {
  dateTime,
  email,
  integer,
  line,
  list,
  number,
  ref,
  slug,
  text,
} from '../../functions/model/fields.ts'
import { exactFields } from '../../functions/model/indexes.ts'
import { listQuery } from '../../functions/model/list-query.ts'
import { users } from '../../functions/model/parents.ts'
import { resource } from '../../functions/model/resource.ts'
import { formOf } from '../../functions/store/layout.ts'

const parent = users

const deep = Array.from({ length: 40 }).reduce<z.ZodType>(
  (inner) => z.array(inner).max(1),
  z.boolean(),
)
/** What DynamoDB would not give back as it was sent. */
const kept: readonly [string, z.ZodType][] = [
  ['blurb must have bounds', z.number()],
  ['blurb cannot be kept as it is sent: it is of the kind date', z.date()],
  ['blurb cannot be kept as it is sent', z.json()],
  ['blurb cannot be kept as it is sent', z.unknown()],
  ['blurb cannot be kept as it is sent: it is of the kind nullable', line(1, 9).nullable()],
  ['blurb cannot be kept as it is sent: it is of the kind catch', line(1, 9).catch('a')],
  ['blurb cannot be kept as it is sent: it is of the kind bigint', z.bigint()],
  ['blurb must have a maximum length', z.string()],
  ['blurb must have a maximum length', z.string().regex(/^a+$/)],
  ['blurb has the flags of /^a+$/i: leave them out', z.string().max(9).regex(/^a+$/i)],
  ['blurb has the flags of /^a@b$/i: leave them out', z.email({ pattern: /^a@b$/i }).max(9)],
  ['blurb has the flags of /^a+$/i: leave them out', z.stringFormat('as', /^a+$/i).max(9)],
  ...[
    z.string().max(9).trim(),
    line(1, 9).toUpperCase().optional(),
    z.array(line(1, 9).overwrite((value) => value)).max(2),
    z.number().min(0).max(9).overwrite(Math.round),
    z.coerce.number().min(0).max(9),
    z.coerce.boolean(),
    z.coerce.string().max(9),
    z.coerce.date(),
  ].map((field): [string, z.ZodType] => [
    'blurb changes what is sent: accept it as it is, and change it in `beforeWrite`',
    field,
  ]),
  ...[z.url().max(99), z.string().url().max(99)].map((field): [string, z.ZodType] => [
    'blurb loses the white space around it, as zod has it: use `pattern`',
    field,
  ]),
  ...[
    line(1, 9).refine(async () => true),
    line(1, 9).check(async () => undefined),
    line(1, 9).superRefine(async () => {}),
    line(1, 9).refine((value) => Promise.resolve(value === 'a')),
    line(1, 9)
      .refine(async () => true)
      .default('a'),
    integer(1, 9)
      .optional()
      .refine(async () => true),
  ].map((field): [string, z.ZodType] => [
    'blurb has a check that is asynchronous: use `beforeWrite`',
    field,
  ]),
  ['blurb is `.exactOptional()`: use `.optional()`', line(1, 9).exactOptional()],
  ['blurb must have a maximum number of elements', z.array(z.boolean())],
  ['blurb must be a strict object', z.object({ a: z.boolean() })],
  ['blurb must be a strict object', z.looseObject({ a: z.boolean() })],
  ['blurb is nested more than 30 levels deep', deep],
  ['blurb must have a default that is a complete', line(1, 9).default('')],
  [
    'blurb must have a default that is a complete',
    z.strictObject({ a: z.boolean().default(true) }).default({} as never),
  ],
  ['blurb always has a value, its default', line(1, 9).default('a').optional()],
  [
    'blurb always has a value, its default',
    z.strictObject({ a: z.boolean().default(true).optional().default(true) }),
  ],
  ...[
    z.iso
      .date()
      .max(10)
      .default(() => new Date().toISOString().slice(0, 10)),
    integer(0, 9e15).default(() => Date.now()),
    line(1, 99).default(() => Date()),
    integer(0, 6).default(() => new Date(Date.now()).getDay()),
    z.enum(['day', 'night']).default(() => (new Date().getUTCHours() < 12 ? 'day' : 'night')),
    z.boolean().default(() => Math.random() < 0.5),
    line(36, 36).default(() => randomUUID()),
    z.strictObject({ on: line(1, 99).default(() => new Date().toJSON()) }),
  ].map((field): [string, z.ZodType] => [
    'must have a default that is the same each time: leave it out, and set in `beforeWrite`',
    field,
  ]),
  ['blurb must have bounds within', z.literal(1e300)],
  ['blurb cannot have the name toString', z.strictObject({ toString: z.boolean() })],
]

const lending: OwnRoute = {
  ...{ method: 'POST', on: 'item', path: '/loan', power: 'write', summary: 'Lend a book' },
}

const summing: OwnRoute = { ...lending, method: 'GET', on: 'collection' }
const keyed: Partial<Declaration> = { key: 'isbn', fields: { isbn: slug(20) } }
const shelf = { name: 'shelves', singular: 'shelf', fields: { a: line(1, 9) } }
const shelves = resource({ ...shelf, param: 'shelfId' })

function declare(more: Partial<Declaration> = {}) {
  const fields: Fields = { title: line(1, 100), ...more.fields }
  const made = resource({ name: 'books', singular: 'book', ...more, fields })
  checkResource(made)
  return made
}

describe('a declaration', () => {
  test('becomes six routes, each with its scope', () => {
    const routes = declare().routes.map(({ method, path, access }) => `${method} ${path} ${access}`)
    expect(routes).toEqual([
      'GET /api/v1/books books:read',
      'POST /api/v1/books books:write',
      'GET /api/v1/books/{id} books:read',
      'PUT /api/v1/books/{id} books:write',
      'PATCH /api/v1/books/{id} books:write',
      'DELETE /api/v1/books/{id} books:write',
    ])
  })

  test('has the operations and powers that it names', () => {
    const { routes } = declare({ operations: ['list', 'remove'], powers: { list: 'admin' } })
    expect(routes.map(({ operationId, access }) => [operationId, access])).toEqual([
      ['listBooks', 'books:admin'],
      ['deleteBook', 'books:write'],
    ])
  })

  test('opens reads alone to everybody, whatever power its writes and its own routes take', () => {
    const { routes, ownRoutes } = declare({
      access: { public: ['read'] },
      powers: { create: 'read', replace: 'read', patch: 'read', remove: 'read' },
      routes: { lendBook: { ...lending, power: 'read' } },
    })
    const all = [...routes, ...ownRoutes]
    expect(all.map(({ method, access }) => [method, access])).toEqual([
      ['GET', 'public'],
      ['POST', 'books:read'],
      ['GET', 'public'],
      ['PUT', 'books:read'],
      ['PATCH', 'books:read'],
      ['DELETE', 'books:read'],
      ['POST', 'books:read'],
    ])
    expect(routes.find(({ operation }) => operation === 'create')?.headers).toEqual([
      'Idempotency-Key',
    ])
  })

  test('has room for hundreds of references to keys that clients choose', () => {
    const peaks = declare({
      name: 'peaks',
      singular: 'peak',
      key: 'isbn',
      fields: { isbn: slug(64) },
    })
    expect(() => declare({ fields: { seen: list(ref(peaks), 1000) } })).not.toThrow()
  })

  test('lies under its parent, or under its own name', () => {
    expect(declare({ parent }).itemPath).toBe('/users/{userId}/books/{id}')
    expect(declare({ key: 'isbn', fields: { isbn: slug(20) } }).itemPath).toBe('/books/{isbn}')
  })

  test('gives operations and schemas names of one word each, whatever hyphens it has', () => {
    const made = declare({ name: 'order-items', singular: 'order-item' })
    expect(made.routes.map(({ operationId }) => operationId)).toEqual([
      ...['listOrderItems', 'createOrderItem', 'readOrderItem', 'replaceOrderItem'],
      ...['patchOrderItem', 'deleteOrderItem'],
    ])
    const schemas = [made.item(), made.bodies.create(), made.bodies.patch()]
    expect(schemas.map((schema) => schema.meta()?.id)).toEqual([
      ...['OrderItem', 'OrderItemCreate', 'OrderItemPatch'],
    ])
  })

  test.each(['order-item', 'orderItem'])('is named by words in sentences, as %s', (singular) => {
    const made = declare({ name: 'order-items', singular })
    const summaries = made.routes.map(({ summary }) => summary)
    expect(summaries).toEqual([
      ...['List order items, newest first', 'Create a new order item', 'Read one order item'],
      'Replace all fields of one order item',
      'Change some fields of one order item (JSON Merge Patch, RFC 7396)',
      'Delete one order item',
    ])
  })

  test('finds nothing by a value that no guard or index knows', () => {
    const fields = { code: line(1, 9), isbn: line(1, 9), pages: integer(1, 9) }
    const found = { unique: ['isbn'], indexes: [{ by: 'pages' }] }
    // @ts-expect-error: only the function of the users finds items in a way of its own
    expect(exactFields(declare({ fields, ...found, lookups: ['code'] }))).toEqual(['pages', 'isbn'])
  })

  test('has at most 20 indexes, with those of its list and its owner', () => {
    const fields = Object.fromEntries([...'abcdefghij'].map((name) => [name, line(1, 9)]))
    const pairs = [...'abcdefghi'].map((by) => ({ by, sort: 'j' }))
    const nineteen = [...pairs, { sort: 'j' }]
    expect(() => declare({ fields, indexes: nineteen })).not.toThrow()
    expect(() => declare({ fields, indexes: [...nineteen, { by: 'j' }], parent })).not.toThrow()
    for (const more of [
      { indexes: [...nineteen, { by: 'j' }] },
      { indexes: nineteen, owner: 'readable' as const },
    ])
      expect(() => declare({ fields, ...more })).toThrow('books: needs 21 indexes')
  })

  test.each<[string, Partial<Declaration>]>([
    ...['Books', 'orderItems', 'order_items', 'order-', 'order--items', '2nd'].map(
      (name): [string, Partial<Declaration>] => [`${name}: \`name\` must be words`, { name }],
    ),
    ...['Book', 'a book', 'order-Item', 'order_item', 'book-'].map(
      (singular): [string, Partial<Declaration>] => [
        'books: `singular` must be letters and digits',
        { singular },
      ],
    ),
    ...['book-id', 'BookId', '_id', 'class', 'await', 'body', 'query', 'options'].map(
      (param): [string, Partial<Declaration>] => [`books: ${param} cannot be \`param\``, { param }],
    ),
    ['books: default cannot be `param`', { key: 'default', fields: { default: slug(20) } }],
    ['books: its parent users has the same `param`: userId', { parent, param: 'userId' }],
    ...['lend-book', 'list', 'remove', 'delete'].map((route): [string, Partial<Declaration>] => [
      `books: ${route} cannot be one of \`routes\``,
      { routes: { [route]: lending } },
    ]),
    ...['summary', 'longer-than-the-slugs-of-today'].map((at): [string, Partial<Declaration>] => [
      `books: the route sumUp hides the item whose isbn is ${at}: begin its \`path\` with what no slug has, such as /_${at}`,
      { ...keyed, routes: { sumUp: { ...summing, path: `/${at}/long` } } },
    ]),
    ['books: _rev cannot be the name of a field', { fields: { _rev: line(1, 9) } }],
    ['books: a-b cannot be the name of a field', { fields: { 'a-b': line(1, 9) } }],
    ['books: id cannot be the name of a field', { fields: { id: line(1, 9) } }],
    ['books: createdAt cannot be the name of a field', { fields: { createdAt: line(1, 9) } }],
    ['books: cursor cannot be the name of a field', { fields: { cursor: line(1, 9) } }],
    ['books: userId cannot be the name of a field', { parent, fields: { userId: line(1, 9) } }],
    ...(['private', 'readable'] as const).map((owner): [string, Partial<Declaration>] => [
      'books: userId cannot be the name of a field',
      { owner, fields: { userId: line(1, 9) } },
    ]),
    ['books: isbn is not one of the fields', { unique: ['isbn'] }],
    ['books: isbn is not one of the fields', { indexes: [{ by: 'isbn' }] }],
    ['books: isbn is not one of the fields', { key: 'isbn' }],
    ['books: title must be a slug to be the key', { key: 'title' }],
    [
      'books: isbn cannot be the key: items under a parent are listed by their ids',
      { parent, key: 'isbn', fields: { isbn: slug(20) } },
    ],
    ...[text(20), line(1, 300), z.string().max(300), text(9).optional()].flatMap(
      (blurb): [string, Partial<Declaration>][] =>
        [{ unique: ['blurb'] }, { indexes: [{ by: 'blurb' }] }].map((found) => [
          'books: blurb must have 1 to 299 characters, as items are found by it',
          { fields: { blurb }, ...found },
        ]),
    ),
    ...[
      z.iso.datetime(),
      z.iso.datetime({ precision: 3, offset: true }),
      z.iso.datetime({ precision: 3, local: true }),
      z.string().datetime(),
    ].map((at): [string, Partial<Declaration>] => [
      'books: at must have one form, as lists are sorted by it: use dateTime()',
      { fields: { at: at.max(30).optional() }, indexes: [{ sort: 'at' }] },
    ]),
    [
      'books: rank must have words alone or numbers alone, as lists are sorted by it',
      { fields: { rank: z.enum({ low: 1, high: 'top' }) }, indexes: [{ sort: 'rank' }] },
    ],
    ['books: what is private cannot be public', { owner: 'private', access: { public: ['read'] } }],
    [
      'books: only one function can read its changes: a stream serves two, and the clean-up may be the other',
      { onChange: { 'book-mail': {}, 'book-log': {} } },
    ],
    ['books: title cannot be read-only and written', { readOnly: { title: line(1, 9) } }],
    ['books: its parent shelves needs a `param` of its own', { parent: resource(shelf) }],
    ...(['private', 'readable'] as const).flatMap((owner) =>
      [users, shelves].map((above): [string, Partial<Declaration>] => [
        'books: items under a parent belong to its owner: they cannot have one of their own',
        { owner, parent: above },
      ]),
    ),
    [
      'books: its parent shelves has a parent itself',
      { parent: resource({ ...shelf, param: 'shelfId', parent: users }) },
    ],
    [
      'books: its parent shelves has the key a, and must have ids: leave out its `key`, and declare a as `unique`',
      { parent: resource({ ...shelf, param: 'shelfName', key: 'a', fields: { a: slug(9) } }) },
    ],
    [
      'books: everybody may read it, but not shelves, which it refers to',
      {
        access: { public: ['read'] },
        fields: {
          shelf: ref(resource(shelf)),
        },
      },
    ],
    [
      'books: everybody may read it, but not shelves, which it refers to',
      {
        access: { public: ['read'] },
        fields: {
          shelf: ref(
            resource({ ...shelf, access: { public: ['read'] }, powers: { read: 'write' } }),
          ),
        },
      },
    ],
    ...(['/@mine', '/übersicht', '/loan/', '/', '/report.{format}', '/a b'] as const).map(
      (path): [string, Partial<Declaration>] => [
        'books: API Gateway does not take the `path` of the route lendOut',
        { routes: { lendOut: { ...lending, path } } },
      ],
    ),
    ...kept.map(([why, blurb]): [string, Partial<Declaration>] => [
      why.startsWith('blurb') ? `books: ${why}` : why,
      { fields: { blurb } },
    ]),
    [
      'books: blurb cannot have a default',
      { fields: { blurb: line(1, 9).default('a') }, unique: ['blurb'] },
    ],
    [
      'books: the fields can have',
      { fields: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, text(20_000)])) },
    ],
  ])('is refused: %s', (message, more) => {
    expect(() => declare(more)).toThrow(message)
  })

  test('may have routes that hide no item', () => {
    const routes: OwnRoutes = {
      sumUp: { ...summing, path: '/_summary' },
      lendOut: { ...lending, path: '/summary' },
    }
    expect(() => declare({ ...keyed, routes })).not.toThrow()
    expect(() => declare({ routes: { sumUp: { ...summing, path: '/summary' } } })).not.toThrow()
  })

  test('may have defaults that are made each time, if they are the same', () => {
    const before = [globalThis.Date, Math.random]
    const blurb = line(1, 9)
      .array()
      .max(2)
      .default(() => ['new'])
    const since = dateTime().default(() => new Date(0).toISOString())
    expect(() => declare({ fields: { blurb, since } })).not.toThrow()
    expect([globalThis.Date, Math.random]).toEqual(before)
  })

  test('may have items found by text that is short, by numbers and by choices', () => {
    const fields = {
      pages: integer(1, 9),
      mail: email(),
      kind: z.enum(['a', 'b']),
      lent: z.boolean(),
    }
    expect(() =>
      declare({ fields, indexes: Object.keys(fields).map((by) => ({ by })), unique: ['mail'] }),
    ).not.toThrow()
  })
})

test('what is in the order of its values may be sorted by, and what is short be unique', () => {
  const fields = {
    at: z.iso.datetime({ precision: 3 }).max(24),
    since: dateTime(),
    rank: z.enum({ low: 1, high: 2 }),
    on: ref(resource({ ...shelf, key: 'a', fields: { a: slug(9) } })),
  }
  const indexes = Object.keys(fields).map((sort) => ({ sort }))
  expect(() => declare({ fields, indexes })).not.toThrow()
  const sku = line(1, 1000).max(100)
  expect(() => declare({ fields: { sku }, unique: ['sku'] })).not.toThrow()
})

describe('fields of zod itself', () => {
  const fields = {
    ratio: z.number().min(-1).max(1),
    raw: z.string().max(50),
    nested: z.strictObject({ all: z.array(z.string().max(9)).max(9) }),
  }
  const { bodies, values } = declare({ fields })
  const item = { title: 'One', ratio: 0.5, raw: 'text', nested: { all: ['a'] } }
  const unkept = { ...item, ratio: 1e-200, raw: '\ud800', nested: { all: ['a', '\udc00'] } }

  test.each([bodies.create(), bodies.replace(), values()])('refuse what is not kept', (schema) => {
    expect(schema.safeParse(item).success).toBe(true)
    const paths = schema.safeParse(unkept).error?.issues.map(({ path }) => path.join('/'))
    expect(paths).toEqual(['ratio', 'raw', 'nested/all/1'])
  })

  test.each([bodies.create(), bodies.replace(), bodies.patch(), values()])(
    'are all told of, whatever is wrong beside them',
    (schema) => {
      const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => [inner], '\ud800')
      for (const wrong of [1, deep, { raw: '\ud800' }]) {
        const { error } = schema.safeParse({ ...unkept, title: wrong, ratio: 'a', id: '\ud800' })
        const found = error?.issues.map(({ path, code }) => [path.join('/'), code]) ?? []
        expect(found.filter(([path]) => path !== '')).toEqual([
          ['title', 'invalid_type'],
          ['ratio', 'invalid_type'],
          ['raw', 'custom'],
          ['nested/all/1', 'custom'],
        ])
      }
    },
  )

  test('refuse it in a patch too, but not in what a patch passes over', () => {
    expect(bodies.patch().safeParse({ raw: '\ud800' }).success).toBe(false)
    expect(bodies.patch().safeParse({ createdAt: '\ud800' }).success).toBe(true)
    const wrong = bodies.patch().safeParse({ createdAt: '\ud800', title: 1 })
    expect(wrong.error?.issues.map(({ path }) => path.join('/'))).toEqual(['title'])
  })

  test.each([z.email(), z.string().email(), z.email().regex(/@ours/)])(
    'are compared without regard to case where they are addresses of e-mail: %#',
    (mail) => {
      const made = declare({ fields: { mail: mail.max(200) }, unique: ['mail'] })
      expect(formOf(made, 'mail')).toBe('anyCase')
    },
  )

  test('take bounds of their own type', () => {
    const sorted = {
      rank: z.enum({ low: 1, high: 2 }).optional(),
      ratio: z.float64().min(-1).max(1),
      pages: z.int32(),
      on: z.iso.date().max(10),
      at: z.iso.datetime({ precision: 3 }).max(24),
    }
    const made = declare({
      fields: sorted,
      indexes: Object.keys(sorted).map((sort) => ({ sort })),
    })
    const at = '2026-01-31T12:00:00.000Z'
    const asked = { 'rank[gte]': '3', 'ratio[lt]': '0.5', 'pages[gt]': '7', 'at[lte]': at }
    const read = { 'rank[gte]': 3, 'ratio[lt]': 0.5, 'pages[gt]': 7, 'at[lte]': at }
    expect(listQuery(made).parse(asked)).toMatchObject(read)
    for (const wrong of [
      { 'rank[gte]': 'high' },
      { 'rank[prefix]': '1' },
      { 'pages[gt]': '7.5' },
      { 'on[lt]': '31 January' },
      { 'on[prefix]': '2026-01-31' },
      { 'at[lte]': '2026-01-31T12:00:00Z' },
    ])
      expect(listQuery(made).safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
  })

  test('may be lists of one length', () => {
    const place = z.array(number(-180, 180)).length(2)
    expect(() => declare({ fields: { place } })).not.toThrow()
  })
})

describe('declarations beside each other', () => {
  const routes: OwnRoutes = { lendOut: lending }
  const shelved: OwnRoute = { ...lending, method: 'GET', path: '/books' }
  const above = { ...shelf, param: 'shelfId' }

  /** As the functions are bundled. */
  async function bundled(...declared: readonly Partial<Declaration>[]) {
    const made = declared.map((one) => declare(one))
    vi.resetModules()
    vi.doMock('../../functions/resources/index.ts', () => ({ resources: made }))
    return import('../../functions/routes/access.static.ts')
  }

  test('have routes of different names and paths', async () => {
    const { access } = await bundled({ routes }, above)
    expect(access.map(({ path }) => path)).toContain('/api/v1/books/{id}/loan')
  })

  const twins: readonly [string, readonly Partial<Declaration>[]][] = [
    [
      'lendOut would be two routes, lendOut (POST /api/v1/films/{id}/loan) and lendOut (POST /api/v1/books/{id}/loan): give one of the resources another `name` or `singular`, or one of its `routes` another name',
      [{ name: 'films', singular: 'film', routes }, { routes }],
    ],
    [
      'createKey would be two routes, createKey (POST /api/v1/auth/keys) and createKey (POST /api/v1/books)',
      [{ singular: 'key' }],
    ],
    [
      'GET /api/v1/shelves/{shelfId}/books would be two routes, showBooks (GET /api/v1/shelves/{shelfId}/books) and listBooks (GET /api/v1/shelves/{shelfId}/books): give one of the resources another `name`, or one of its `routes` another `path`',
      [{ ...above, routes: { showBooks: shelved } }, { parent: shelves }],
    ],
    [
      '/api/v1/shelves/{shelfId}/books/ would be followed by {bookId} and by {id}, in turnPage (POST /api/v1/shelves/{shelfId}/books/{bookId}/turn) and readBook (GET /api/v1/shelves/{shelfId}/books/{id}): give the parameter one name, in `param` and in the `path` of `routes`',
      [
        { ...above, routes: { turnPage: { ...lending, path: '/books/{bookId}/turn' } } },
        { parent: shelves },
      ],
    ],
    ['GET /api/v1/public would be two routes, publicPage (GET', [{ name: 'public' }]],
    ['listUsers would be two routes', [{ name: 'users' }]],
    ['listBooks would be two routes', [{}, {}]],
    ...['refresh', 'login', 'loginFactor', 'logout', 'createBook'].map(
      (route): [string, readonly Partial<Declaration>[]] => [
        `${route} would be two routes, ${route} (POST /api/v1/`,
        [{ routes: { [route]: lending } }],
      ],
    ),
    ...['auth', 'system', 'tokens', 'docs'].map(
      (name): [string, readonly Partial<Declaration>[]] => [
        `${name}: the API itself uses this name: give the resource another \`name\``,
        [{ name }],
      ],
    ),
  ]
  test.each(twins)('are refused: %s', async (message, declared) => {
    await expect(bundled(...declared)).rejects.toThrow(message)
  })
})

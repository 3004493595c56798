import { describe, expect, test } from 'vitest'
import { email, id, line, slug } from '../../functions/model/fields.ts'
import { users } from '../../functions/model/parents.ts'
import { resource } from '../../functions/model/resource.ts'
import {
  comparable,
  guardKey,
  indexAttributes,
  keyNames,
  keyOf,
  newRevision,
  recordKey,
  sequenceName,
} from '../../functions/store/layout.ts'

const declared = {
  name: 'notes',
  singular: 'note',
  fields: { title: line(1, 100), mail: email().optional() },
  unique: ['mail'],
  indexes: [{ by: 'title' }, { by: 'mail', sort: 'title' }],
} as const
const alone = resource(declared)
const owned = resource({
  ...declared,
  parent: users,
})
const item = { id: 'i', userId: 'u', title: 'A', mail: 'A@B.org' }

describe('how items lie in their table', () => {
  test('by their id, or by their parent and their id', () => {
    expect([keyNames(alone), keyOf(alone, item)]).toEqual([
      { partition: 'id', sort: undefined },
      { id: 'i' },
    ])
    expect([keyNames(owned), keyOf(owned, item)]).toEqual([
      { partition: 'userId', sort: 'id' },
      { userId: 'u', id: 'i' },
    ])
    expect([sequenceName(alone), sequenceName(owned)]).toEqual(['_seq', 'id'])
  })

  test('records beside them have keys that no id and no slug has', () => {
    expect(recordKey(alone, 'x')).toEqual({ id: '~x' })
    expect(recordKey(owned, 'x', 'u')).toEqual({ userId: 'u', id: '~x' })
    expect(recordKey(owned, 'x')).toEqual({ userId: '~x', id: '~x' })
    for (const schema of [id(), slug(9)])
      expect(schema.safeParse(recordKey(alone, 'x').id).success).toBe(false)
  })

  test('guards and indexes compare e-mail addresses without regard to case, and nothing else', () => {
    expect(guardKey(alone, 'mail', item)).toEqual({ id: '~unique~mail~a@b.org' })
    expect(guardKey(owned, 'mail', item)).toEqual({ userId: 'u', id: '~unique~mail~a@b.org' })
    expect(indexAttributes(alone, { ...item, _seq: 's' })).toEqual({
      ...{ _by_title: 'A', _by_mail: 'a@b.org', _sort_title: 'A\0s' },
    })
    expect(indexAttributes(owned, item)).toEqual({
      ...{ _by_title: 'u#A', _by_mail: 'u#a@b.org', _sort_title: 'A\0i' },
    })
    expect(comparable(alone, 'mail', undefined)).toBeUndefined()
  })

  test('an item without a value is in no index of it', () => {
    const { _by_mail } = indexAttributes(owned, { id: 'i', userId: 'u', title: 'A' })
    expect(_by_mail).toBeUndefined()
  })

  test('revisions never come twice', () => {
    const made = Array.from({ length: 1000 }, newRevision)
    expect(new Set(made).size).toBe(1000)
    for (const revision of made) expect(revision).toMatch(/^[\w.~-]{8,}$/)
  })
})

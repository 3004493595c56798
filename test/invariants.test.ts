import { beforeAll, describe, expect, test } from 'vitest'
import type { Attributes } from '../functions/store/attributes.ts'
import { useApi } from './api/harness.ts'
import { pupil } from './api/pupil.ts'
import { type Dump, dump, violations } from './invariants.ts'

describe('what is held against the tables', () => {
  const api = useApi()
  let stored: Dump
  beforeAll(async () => {
    const { token, id } = api.member
    await api.call('POST /api/v1/pupils', { token, body: pupil() })
    await api.call(`POST /api/v1/users/${id}/memos`, { token, body: { title: 'x', body: '' } })
    stored = await dump(api.runner)
  })

  /** The tables with one item changed, or without it. */
  function altered(table: string, which: (item: Attributes) => unknown, change?: Attributes): Dump {
    const items = stored[table] ?? []
    const at = items.findIndex(which)
    expect(at).toBeGreaterThanOrEqual(0)
    return {
      ...stored,
      [table]: items.toSpliced(at, 1, ...(change ? [{ ...items[at], ...change }] : [])),
    }
  }

  const guard = ({ id }: Attributes) => String(id).startsWith('~unique~')
  const pupil0 = ({ email }: Attributes) => email
  const member = ({ role }: Attributes) => role === 'member'
  const admin = ({ role }: Attributes) => role === 'admin'

  test('is nothing when all is well', () => {
    expect(violations(stored)).toEqual([])
  })

  test.each<[string, () => Dump]>([
    ['no guard', () => altered('pupils', guard)],
    ['guard without item', () => altered('pupils', pupil0)],
    ['guard without item', () => altered('pupils', guard, { _sharers: 1 })],
    ['no guard', () => altered('pupils', pupil0, { email: 'other@example.org' })],
    ['is in no list', () => altered('pupils', pupil0, { _seq: undefined })],
    ['is in no list', () => altered('pupils', pupil0, { _shard: '1' })],
    ['_sort_name is', () => altered('pupils', pupil0, { name: 'Bob' })],
    ['has no revision', () => altered('pupils', pupil0, { _rev: undefined })],
    ['user without credentials', () => altered('credentials', member)],
    ['user without credentials', () => altered('credentials', member, { role: 'admin' })],
    ['no hash', () => altered('credentials', member, { hash: '' })],
    ['credentials without user', () => altered('users', member)],
    ['credentials without user', () => altered('users', member, { username: 'other' })],
    ['session without user', () => altered('users', member)],
    ['session without user', () => altered('users', member, { disabled: true })],
    ['session without user', () => altered('sessions', member, { role: 'admin' })],
    ['1 enabled admins are counted as 0', () => altered('users', ({ id }) => id === '~admins')],
    ['0 enabled admins are counted as 1', () => altered('users', admin, { disabled: true })],
    ['has no userId', () => altered('users', member)],
  ])('%s', (words, made) => {
    expect(violations(made()).some((violation) => violation.includes(words))).toBe(true)
  })
})

import { beforeAll, describe, expect, test } from 'vitest'
import { password, unique, useApi } from '../api/harness.ts'
import { type Program, program } from './compiled.ts'

const api = useApi()
let pupils: Program
beforeAll(async () => {
  pupils = await program('pupils')
})

const given = (username = api.member.username) => ({
  baseUrl: api.runner.origin,
  username,
  password,
})

describe('the client', () => {
  test('signs up, in and out, and creates, reads, changes and deletes', async () => {
    expect(await pupils.session?.(given(unique()))).toEqual({
      isMe: true,
      twice: 'email_taken',
      same: true,
      ages: [21, 21, 30],
      name: 'Augusta',
      stale: 'precondition_failed',
      shown: 'precondition_failed',
      wrong: ['/age'],
      gone: 'not_found',
      after: [401, 'unauthorized'],
      signedIn: false,
    })
  })

  test('goes through lists page by page, filtered and sorted', async () => {
    expect(await pupils.list?.(given())).toEqual({
      ages: [7, 6, 5, 4],
      page: [7, 6],
      more: true,
      left: 3,
      bad: 'bad_request',
    })
  })

  test('loses no change of many at the same time', async () => {
    expect(await pupils.counted?.({ ...given(), writers: 6 })).toBe(9)
  })

  test('reads what is public without a token, calls own routes, and what lies under an item', async () => {
    expect(await pupils.bulletins?.(given('admin'))).toEqual({
      shout: 'NEWS',
      sent: true,
      letters: '4',
      listed: true,
      remarks: [true],
    })
  })
})

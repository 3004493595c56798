/** In place of functions/store/client.ts: a database that answers at once, in the same process. */
const pupil = {
  id: '0199aaaa-0000-7000-8000-000000000000',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  rollNo: '42',
  age: 36,
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
  _rev: 'abcdefghijkl',
  _seq: '0199aaaa-0000-7000-8000-000000000000',
  _shard: '0',
  _by_name: 'Ada Lovelace',
  _by_rollNo: '42',
}
const pupils = Array.from({ length: 25 }, () => pupil)

const credentials = {
  username: 'bench',
  userId: '0199aaaa-0000-7000-8000-00000000000a',
  hash: 'none',
  role: 'member',
  disabled: false,
  logins: 1,
}

const answers = {
  pupils: ({ Key, KeyConditionExpression }) => {
    if (KeyConditionExpression) return { Items: pupils }
    // The record says that the list has all items.
    return { Item: Key?.id === '~version' ? { parts: ['list 1'] } : pupil }
  },
  credentials: () => ({ Item: credentials }),
  sessions: () => ({ Items: [] }),
  throttle: () => ({ Attributes: { tries: 1, endsAt: 4_000_000_000 } }),
}

export async function call(_, input) {
  return answers[input.TableName]?.(input) ?? {}
}

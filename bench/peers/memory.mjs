/** The store of a peer without a database: always the same item. */
const item = {
  id: '0199aaaa-0000-7000-8000-000000000000',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  rollNo: '42',
  age: 36,
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
}
const items = Array.from({ length: 25 }, () => item)

export async function signedIn() {
  return true
}

export async function read() {
  return item
}

export async function list(limit) {
  return items.slice(0, limit)
}

export async function create(pupil) {
  return { ...item, ...pupil }
}

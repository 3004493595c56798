import {
  ApiError,
  type ClientOptions,
  createClient,
  etagOf,
  type Pupil,
  type PupilCreate,
} from './api.ts'

interface Given extends ClientOptions {
  readonly username: string
  readonly password: string
}

const ada = (email: string): PupilCreate => ({ name: 'Ada', email, rollNo: '1', age: 20 })

/** All that a member does with a resource; tells what came of it. */
export async function session({ username, password, ...options }: Given) {
  const api = createClient(options)
  const { id: userId } = await api.auth.signup({ username, password })
  await api.signIn({ username, password })
  const me = await api.users.readOwnUser()
  const email = `${username}@example.org`
  const made = await api.pupils.create(ada(email))
  const twice = await api.pupils.create(ada(email)).result()
  const read = await api.pupils.read(made.id)
  const patched = await api.pupils.patch(made.id, { age: 21 })
  const replaced = await api.pupils.replace(made.id, { ...patched, name: 'Augusta' })
  const stale = await api.pupils
    .patch(made.id, { age: 10 }, { ifMatch: etagOf(read) ?? '' })
    .result()
  const fresh = await api.pupils.patch(made.id, { age: 30 }, { ifMatch: etagOf(replaced) })
  const shown = await api.pupils
    .patch(made.id, ({ age }) => ({ age: age + 1 }), { ifMatch: etagOf(read) })
    .result()
  const wrong = await api.pupils.patch(made.id, { age: 1 }).result()
  await api.pupils.delete(made.id)
  const gone = await api.pupils.delete(made.id).result()
  await api.signOut()
  const after = await api.pupils.read(made.id).catch((error) => error)
  return {
    isMe: me.id === userId,
    twice: twice.ok || twice.problem.code,
    same: read.id === made.id && read.age === 20,
    ages: [patched.age, replaced.age, fresh.age],
    name: replaced.name,
    stale: stale.ok || stale.problem.code,
    shown: shown.ok || shown.problem.code,
    wrong: wrong.ok || wrong.problem.errors?.map(({ pointer }) => pointer),
    gone: gone.ok || gone.problem.code,
    after: after instanceof ApiError && [after.status, after.code],
    signedIn: await api.signedIn(),
  }
}

/** How many of each name there are, in the order of their ages; by pages of two. */
export async function list({ username, password, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const rollNo = username.slice(-20)
  for (const age of [5, 3, 4, 7, 6])
    await api.pupils.create({ ...ada(`${age}${username}@example.org`), rollNo, age })
  const ages: number[] = []
  const query = { limit: 2, sort: '-age', rollNo, 'age[gte]': 4 } as const
  for await (const pupil of api.pupils.list(query)) ages.push(pupil.age)
  const { items, nextCursor } = await api.pupils.list(query)
  const left: Pupil[] = []
  for await (const pupil of api.pupils.list({ rollNo, limit: 2 })) {
    left.push(pupil)
    if (left.length === 3) break
  }
  const bad = await api.pupils.list({ cursor: 'x' }).result()
  return {
    ages,
    page: items.map(({ age }) => age),
    more: nextCursor !== null,
    left: left.length,
    bad: bad.ok || bad.problem.code,
  }
}

/** Makes `writers` changes at the same time, each of which adds one to the same field. */
export async function counted({ username, password, writers, ...options }: Counted) {
  const api = createClient({ ...options, retries: 20 })
  await api.signIn({ username, password })
  const { id } = await api.pupils.create({ ...ada(`${username}@count.example`), age: 3 })
  const changes = Array.from({ length: writers }, () =>
    api.pupils.patch(id, ({ age }) => ({ age: age + 1 })),
  )
  await Promise.all(changes)
  return (await api.pupils.read(id)).age
}

interface Counted extends Given {
  readonly writers: number
}

/** Public items need nobody who is signed in; an item that lies under another has both ids. */
export async function bulletins({ username, password, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const bulletin = await api.bulletins.create({ title: 'news' })
  const sent = await api.bulletins.sendBulletin(bulletin.id)
  const remark = await api.remarks.create(bulletin.id, { body: 'so it is' })
  await api.signOut()
  const titles: string[] = []
  for await (const { title } of api.bulletins.list()) titles.push(title)
  const remarks = await api.remarks.list(bulletin.id)
  return {
    shout: bulletin.shout,
    sent: sent.sentAt !== undefined,
    letters: await api.bulletins.countBulletinLetters(bulletin.id),
    listed: titles.includes('news'),
    remarks: remarks.items.map(({ id }) => id === remark.id),
  }
}

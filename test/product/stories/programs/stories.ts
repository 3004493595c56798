import { type ApiClient, type ApiResult, type ClientOptions, createClient } from './api.ts'

interface Given extends ClientOptions {
  readonly admin: { readonly username: string; readonly password: string }
}

const password = 'a mountain of passwords'
const run = Date.now().toString(36)

/** The five tutorials as an app with the typed client would do them, their mistakes too. */
export async function stories({ admin, ...options }: Given) {
  const nobody = createClient(options)
  const [user, joey, chief] = [createClient(options), createClient(options), createClient(options)]
  await user.auth.signup({ username: `shantanu${run}`, password })
  const wrong = await user.auth.login({ username: `shantanu${run}`, password: 'wrong' }).result()
  await user.signIn({ username: `shantanu${run}`, password })
  await chief.signIn(admin)
  return {
    'the wrong password': codeOf(wrong),
    students: await students(user, nobody),
    pages: await pages(user, nobody),
    mountains: await mountains(user, chief),
    posts: await posts(user, joey),
    list: await mailingList(user, chief, nobody),
    more: await more(user, chief, nobody),
  }
}

async function students(user: ApiClient, nobody: ApiClient) {
  const email = `ada${run}@example.org`
  const { id } = await user.students.create({ name: 'Ada', email, rollNo: '7', age: 20 })
  const { age } = await user.students.patch(id, { age: 21 })
  // @ts-expect-error: a field that there is not
  const field = await user.students.patch(id, { isAdmin: true }).result()
  const { graduatedAt } = await user.students.graduateStudent(id)
  const again = await user.students.graduateStudent(id).result()
  await user.students.delete(id)
  return {
    'no token': codeOf(await nobody.students.list().result()),
    age,
    field: codeOf(field),
    graduated: graduatedAt !== undefined,
    again: codeOf(again),
  }
}

async function pages(user: ApiClient, nobody: ApiClient) {
  const { message } = await nobody.system.publicPage()
  const { user: me } = await user.system.privatePage()
  return [
    message,
    me.username === `shantanu${run}`,
    codeOf(await nobody.system.privatePage().result()),
  ]
}

async function mountains(user: ApiClient, chief: ApiClient) {
  const name = `everest${run}`
  await chief.mountains.create({ name, heightM: 8849, range: 'Himalaya' })
  const { heightM } = await user.mountains.read(name)
  return [
    heightM,
    codeOf(await user.mountains.delete(name).result()),
    codeOf(await chief.mountains.create({ name }).result()),
  ]
}

async function posts(user: ApiClient, joey: ApiClient) {
  const username = `joey${run}`
  const { id } = await joey.auth.signup({ username, password })
  const capitals = { username: username.toUpperCase(), password }
  const taken = await user.auth.signup(capitals).result()
  await joey.signIn({ username, password })
  const { username: own } = await joey.users.read(id)
  const hidden = await user.users.read(id).result()
  const post = await joey.posts.create(id, { title: 'Hello', body: 'World' })
  const { title } = await user.posts.read(id, post.id)
  const mine = await user.posts.replace(id, post.id, { title: 'Mine', body: '' }).result()
  const inName = await user.posts.create(id, { title: 'x', body: '' }).result()
  await joey.users.deleteOwnUser()
  return {
    own: own === username,
    title,
    refused: [taken, hidden, mine, inName].map(codeOf),
    gone: [codeOf(await joey.users.read(id).result()), codeOf(await user.posts.list(id).result())],
  }
}

async function mailingList(user: ApiClient, chief: ApiClient, nobody: ApiClient) {
  const subscriber = { email: `m${run}@example.org`, name: 'Masnun' }
  const { id } = await chief.subscribers.create(subscriber)
  const refused = await Promise.all([
    nobody.subscribers.list().result(),
    user.subscribers.list().result(),
    chief.subscribers.create({ ...subscriber, email: 'masnun' }).result(),
    chief.subscribers.create({ ...subscriber, email: `M${run}@Example.org` }).result(),
  ])
  const found = await chief.subscribers.list({ email: subscriber.email })
  await chief.subscribers.replace(id, { ...subscriber, email: `n${run}@example.org` })
  await chief.subscribers.delete(id)
  return {
    refused: refused.map(codeOf),
    found: found.items.map((one) => one.id === id),
    gone: codeOf(await chief.subscribers.read(id).result()),
  }
}

/** What the tutorials do not have. */
async function more(user: ApiClient, chief: ApiClient, nobody: ApiClient) {
  const note = await user.notes.create({ text: 'mine alone' })
  const pinned = await user.notes.patch(note.id, { pinned: true })
  const title = `Types ${run}`
  const course = await chief.courses.create({
    title,
    fee: { amount: 10, currency: 'EUR' },
    tags: ['typed'],
  })
  const lesson = await chief.lessons.create(course.id, { title: 'One', minutes: 45 })
  const lessons: string[] = []
  for await (const { id } of nobody.lessons.list(course.id)) lessons.push(id)
  const { fee } = await chief.courses.patch(course.id, { fee: { amount: 12 } })
  await chief.courses.delete(course.id)
  await chief.signOut()
  await user.notes.delete(note.id)
  return {
    pinned: pinned.pinned,
    slug: course.slug === `types-${run}`,
    fee,
    lessons: lessons.map((id) => id === lesson.id),
    out: codeOf(await chief.users.readOwnUser().result()),
  }
}

function codeOf(result: ApiResult<unknown, string>): string {
  return result.ok ? 'done' : result.problem.code
}

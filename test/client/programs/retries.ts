import { ApiError, type ClientOptions, createClient } from './api.ts'

interface Given extends ClientOptions {
  readonly username: string
  readonly password: string
  readonly count: number
  /** Called where the test does something in between. */
  readonly between?: () => Promise<void>
}

/** The codes of what failed. */
function failures(outcomes: readonly PromiseSettledResult<unknown>[]): string[] {
  return outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ reason }) => (reason instanceof ApiError ? reason.code : String(reason)))
}

/** Makes `count` calls at once with a token that has run out. */
export async function expired({ username, password, count, between, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  await between?.()
  const calls = Array.from({ length: count }, () => api.users.readOwnUser())
  return failures(await Promise.allSettled(calls))
}

/** Clients that share a storage, as tabs do, each with calls of its own on an expired token. */
export async function sharing({ username, password, count, between, ...options }: Given) {
  let stored: string | null = null
  let signedOut = 0
  const storage = {
    get: () => stored,
    set(session: string | null) {
      stored = session
    },
  }
  const onSignedOut = () => {
    signedOut += 1
  }
  const shared = { ...options, storage, onSignedOut }
  const tabs = Array.from({ length: count }, () => createClient(shared))
  const [first] = tabs
  await first?.signIn({ username, password })
  const all = async () => {
    const calls = tabs.flatMap((tab) => [tab.users.readOwnUser(), tab.users.readOwnUser()])
    return failures(await Promise.allSettled(calls))
  }
  const before = await all()
  await between?.()
  const after = await all()
  await first?.signOut()
  const out = await all()
  return { before, after, out: new Set(out), stored, signedOut }
}

/** One tab slept while another renewed the token, and until that one had run out as well. */
export async function slept({ username, password, between, ...options }: Given) {
  let stored = null as string | null
  const storage = {
    get: () => stored,
    set(session: string | null) {
      stored = session
    },
  }
  const [first, second] = [{}, {}].map(() => createClient({ ...options, storage }))
  await first?.signIn({ username, password })
  await between?.()
  await second?.users.readOwnUser()
  await between?.()
  // Time goes by for the clients as well.
  stored = JSON.stringify({ ...JSON.parse(stored ?? '{}'), at: 0 })
  const answer = await first?.users.readOwnUser().result()
  return answer?.ok ? answer.value.username : answer?.problem.code
}

/** One read with a signal; the name of what it threw. */
export async function abandoned({ username, password, signal, ...options }: Abandoned) {
  const api = createClient(options)
  await api.signIn({ username, password })
  return api.users.readOwnUser({ signal }).then(
    () => 'done',
    (error) => error.name,
  )
}

interface Abandoned extends Given {
  readonly signal: AbortSignal
}

/** Makes `count` creates, 16 at a time. */
export async function creates({ username, password, count, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const names = Array.from({ length: count }, (_, at) => `${username} ${at}`)
  const failed: string[] = []
  const worker = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const made = await api.diaries.create({ title: name }).result()
      if (!made.ok) failed.push(made.problem.code)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return failed
}

/** One call of each kind; what became of them. */
export async function kinds({ username, password, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const { id } = await api.diaries.create({ title: username })
  const calls = {
    create: () => api.diaries.create({ title: `another of ${username}` }),
    read: () => api.diaries.read(id),
    list: () => api.diaries.list(),
    replace: () => api.diaries.replace(id, { title: username }),
    'patch as it stands': () => api.diaries.patch(id, { kept: true }),
    'replace with a condition': () =>
      api.diaries.replace(id, { title: username }, { ifMatch: '*' }),
    'change by a function': () => api.diaries.patch(id, ({ kept }) => ({ kept: !kept })),
    delete: () => api.diaries.delete(id),
    'a POST without a key': () => api.auth.reauthenticate({ password }),
  }
  const came: string[] = []
  for (const [kind, call] of Object.entries(calls)) {
    const outcome = await call().then(
      () => 'done',
      () => 'failed',
    )
    came.push(`${kind}: ${outcome}`)
  }
  return came
}

/** One read; how it ended. */
export async function one({ username, password, between, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  await between?.()
  const answer = await api.users.readOwnUser().result()
  return answer.ok ? answer.value.username : answer.problem.code
}

/** Somebody else signs in while a call of the first user waits for a new token. */
export async function other({ username, password, between, ...options }: Given) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const call = api.diaries.create({ title: `of ${username}` }).result()
  await between?.()
  await api.signIn({ username: 'admin', password })
  const answer = await call
  return answer.ok || answer.problem.code
}

/** With an API key nobody signs in. */
export async function key({ username, password, ...options }: Given) {
  const person = createClient(options)
  await person.signIn({ username, password })
  const { key: apiKey, id } = await person.auth.createKey({ name: 'script', scope: 'users:read' })
  const script = createClient({ ...options, apiKey })
  const me = await script.users.readOwnUser()
  await person.auth.deleteKey(id)
  const refused = await script.users.readOwnUser().result()
  return [me.username, refused.ok || refused.problem.code]
}

interface WithFactor extends Given {
  code(secret: string): string
}

/** Adds a second factor, and signs in with it. */
export async function factor({ username, password, code, between, ...options }: WithFactor) {
  const api = createClient(options)
  await api.signIn({ username, password })
  const { id, secret } = await api.auth.createTotpFactor()
  const { recoveryCodes } = await api.auth.confirmFactor(id, { code: code(secret) })
  await api.signOut()
  const without = await api.auth.login({ username, password }).result()
  await between?.()
  await api.signIn({ username, password }, ({ factors }) => ({
    code: factors?.includes('totp') ? code(secret) : '',
  }))
  const first = await api.users.readOwnUser()
  await api.signOut()
  const [recoveryCode = ''] = recoveryCodes
  await api.signIn({ username, password }, async () => ({ recoveryCode }))
  return {
    without: without.ok || [without.problem.code, typeof without.problem.challenge],
    names: [first.username, (await api.users.readOwnUser()).username],
  }
}

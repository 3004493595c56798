import { beforeAll, describe, expect, test } from 'vitest'
import { covers } from '../../functions/model/covers.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import { type Route, routeKey } from '../../functions/model/route.ts'
import type { Scope } from '../../functions/model/scopes.ts'
import { allScopes, resources, routes, scopesOf } from '../../functions/routes/registry.ts'
import { sample } from '../sample.ts'
import { enrolled, shownCode } from './authenticator.ts'
import { type Answer, type Person, password, unique, useApi } from './harness.ts'

/**
 * Every route × every kind of caller. The rows come from the route table and the expectations from
 * the declarations, so that a new resource is covered when it is declared.
 */
const bearer = /^Bearer realm="portcullis"$/
const lacksScope = 'Bearer realm="portcullis", error="insufficient_scope"'

const api = useApi()
let owner: Person
let other: Person
let editor: Person
let expired: string
let revoked: string
const withoutScope = new Map<Scope, string>()

beforeAll(async () => {
  const early = await api.signUp()
  expired = early.token
  api.runner.clock.advance(15 * 60_000)
  const gone = await api.signUp()
  await api.call('POST /api/v1/auth/logout', { token: gone.token })
  revoked = gone.token
  owner = await api.signUp()
  other = await api.signUp()
  editor = await somebody('editor')
  Object.assign(api, { admin: await api.signIn('admin', password) })
  for (const scope of requiredScopes()) {
    const rest = allScopes.filter((granted) => !covers(new Set([granted]), scope))
    const narrowed = await api.signIn('admin', password, { scope: rest.join(' ') })
    withoutScope.set(scope, narrowed.token)
  }
})

const secured = routes.filter(({ access }) => access !== 'public')

describe.each(secured.map((route) => [routeKey(route), route] as const))('%s', (_, route) => {
  test('refuses who has no valid token', async () => {
    const forged = `${owner.token.slice(0, -6)}AAAAAA`
    const made = await target(route)
    for (const token of [undefined, 'x', forged, expired, revoked]) {
      const answer = await attempt(route, token, made)
      expect([answer.status, answer.body.code], token).toEqual([401, 'unauthorized'])
      expect(answer.headers.get('www-authenticate')).toMatch(bearer)
    }
  })

  if (isScope(route.access))
    test('refuses a token without the scope, in the gateway', async () => {
      const token = withoutScope.get(route.access as Scope)
      const answer = await attempt(route, token, await target(route))
      expect([answer.status, answer.body.code]).toEqual([403, 'insufficient_scope'])
      expect(answer.headers.get('www-authenticate')).toBe(lacksScope)
      // A function's line of a request is there before the answer is.
      const id = answer.headers.get('x-request-id') ?? ''
      const served = api.logs.filter((line) => line.includes('"message":"request"'))
      expect(served.some((line) => line.includes(id))).toBe(false)
    })

  test.each(['owner', 'other', 'editor', 'admin'] as const)(
    'answers the %s as declared',
    async (who) => {
      // An item of the owner's; users are items of their own, and each is changed by one test only.
      const holder = isUserItem(route) || endsSession(route) ? await api.signUp() : owner
      const fresh = { owner: holder, other, editor, admin: api.admin }
      const caller = endsSession(route) && who !== 'owner' ? await somebody(who) : fresh[who]
      const answer = await attempt(route, caller.token, await target(route, holder))
      const expected = expectation(route, who)
      expect([answer.status < 300 ? 'ok' : answer.status, answer.body?.code], answer.text).toEqual(
        expected,
      )
    },
  )
})

describe.each(
  routes
    .filter(({ access }) => access === 'public')
    .map((route) => [routeKey(route), route] as const),
)('%s', (_, route) => {
  test('does not look at tokens', async () => {
    const tried = resourceOf(route) ? await target(route) : {}
    for (const token of [undefined, 'x', expired, owner.token]) {
      const answer = await attempt(route, token, tried)
      expect(answer.body?.code ?? 'ok').not.toMatch(/^(unauthorized|insufficient_scope|forbidden)$/)
      expect(answer.status).toBeLessThan(resourceOf(route) ? 300 : 500)
    }
  })
})

test('what is not declared is not there, whoever asks', async () => {
  for (const token of [undefined, owner.token, api.admin.token])
    for (const path of ['/api/v1/secrets', '/api/v1/pupils/x/y', '/api/v1/auth', '/admin'])
      expect((await api.call(`GET ${path}`, { token })).status, path).toBe(404)
})

type Who = 'owner' | 'other' | 'editor' | 'admin'
type Params = Record<string, string>
type Target = Readonly<{ params?: Params; body?: unknown }>

/** `ok`, or status and code of the refusal. */
function expectation(route: Route, who: Who): ['ok' | number, string | undefined] {
  const role = who === 'owner' || who === 'other' ? 'member' : who
  const held = new Set<string>(scopesOf(role))
  if (isScope(route.access) && !covers(held, route.access)) return [403, 'insufficient_scope']
  // Only their owner ends sessions and the like here; others have another route for it.
  if (/\/(sessions|keys|factors)\/(\{|recovery)/.test(route.path) && who !== 'owner')
    return [404, 'not_found']
  if (who === 'owner' || who === 'admin') return ['ok', undefined]
  if (isUserItem(route) && route.path.includes('{')) return [404, 'not_found']
  const resource = resourceOf(route)
  if (!resource || route.access === 'public') return ['ok', undefined]
  const { owner, parent } = resource
  const onItem = route.path.includes(`{${resource.param}}`)
  // A caller's private items lie apart: nobody else's can be named, nor what lies under them.
  if (owner === 'private') return onItem ? [404, 'not_found'] : ['ok', undefined]
  if (!owner && parent?.owner === 'private') return [404, 'not_found']
  if (route.method === 'GET') return ['ok', undefined]
  if (owner === 'readable') return onItem ? [403, 'forbidden'] : ['ok', undefined]
  const isTheirs = parent?.name === 'users' || parent?.owner === 'readable'
  return isTheirs ? [403, 'forbidden'] : ['ok', undefined]
}

async function attempt(route: Route, token: string | undefined, made: Target): Promise<Answer> {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => made.params?.[name] ?? name)
  const headers = route.form && { 'Content-Type': 'application/x-www-form-urlencoded' }
  return api.call(`${route.method} ${path}`, {
    token,
    body: made.body,
    ...(headers && { headers }),
  })
}

/** An item that the route can be tried on, and a body that it takes. */
async function target(route: Route, holder: Person = owner): Promise<Target> {
  if (route.path.includes('/auth/factors/')) return factorFor(route, holder)
  const resource = resourceOf(route)
  const body = route.body ? bodyFor(route, holder) : undefined
  if (!resource || isUserItem(route))
    return { params: { ...names(holder), ...(await keyFor(route, holder)) }, body }
  const parent = await parentOf(resource, holder)
  if (!route.path.includes(`{${resource.param}}`)) return { params: parent, body }
  const item = await created(resource, parent, holder)
  return { params: { ...parent, [resource.param]: item }, body }
}

function names({ id, sessionId }: Person): Record<string, string> {
  return { userId: id, sessionId }
}

/** An API key of the holder's, for the route that ends one. */
async function keyFor({ path }: Route, { token }: Person): Promise<Record<string, string>> {
  if (!path.includes('{keyId}')) return {}
  const body = { name: 'to be ended', scope: 'account' }
  const answer = await api.call('POST /api/v1/auth/keys', { token, body })
  if (answer.status !== 201) throw new Error(answer.text)
  return { keyId: answer.body.id }
}

/** A factor of the holder's, as the route needs it; the owner, whom all tests share, gets none. */
async function factorFor({ path }: Route, holder: Person): Promise<Target> {
  const { token } = holder
  if (holder === owner || path.endsWith('/totp')) return { body: { code: '000000' } }
  if (!path.endsWith('/confirm'))
    return { params: { factorId: (await enrolled(api, token)).factorId } }
  const { body } = await api.call('POST /api/v1/auth/factors/totp', { token })
  return { params: { factorId: body.id }, body: { code: shownCode(api, body.secret) } }
}

/** What the path names before an item: a user, or an item that is made for it. */
async function parentOf({ owner, parent }: Resource, holder: Person): Promise<Params> {
  if (!parent || owner === 'private') return {}
  if (parent.name === 'users') return { [parent.param]: holder.id }
  const above = resources.find(({ name }) => name === parent.name)
  if (!above) throw new Error(`There are no ${parent.name}`)
  return { [parent.param]: await created(above, {}, holder) }
}

/** Creates an item and answers its key; the holder makes those that belong to somebody. */
async function created(resource: Resource, params: Params, holder: Person): Promise<string> {
  const create = resource.routes.find(({ operation }) => operation === 'create')
  if (!create?.body) throw new Error(`${resource.name} cannot be created`)
  const { token } = resource.owner || resource.parent?.owner ? holder : api.admin
  const answer = await attempt(create, token, { params, body: sample(create.body()) })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.body[resource.key]
}

function bodyFor(route: Route, holder: Person): unknown {
  if (route.path.endsWith('/auth/password'))
    return { currentPassword: holder.password, newPassword: unique('a new password') }
  if (route.path.endsWith('/auth/reauthenticate')) return { password: holder.password }
  if (route.path.endsWith('/auth/keys')) return { name: 'a key', scope: 'account' }
  const made = route.body ? sample(route.body()) : undefined
  if (route.form) return new URLSearchParams(made as Record<string, string>).toString()
  const resource = resourceOf(route)
  // The key stands in the path; repeating another one there would be a fault of the body.
  if (route.method === 'PUT' && resource?.naturalKey)
    return Object.fromEntries(
      Object.entries(made as object).filter(([name]) => name !== resource.key),
    )
  return made
}

function resourceOf(route: Route): Resource | undefined {
  return resources.find(({ name }) => name === route.lambda)
}

/** A route on one user, by id or as oneself. */
function isUserItem(route: Route): boolean {
  return /\/users\/(\{userId\}|me)($|\/password)/.test(route.path)
}

/** A route after which the caller's own token no longer works, or a password alone. */
function endsSession(route: Route): boolean {
  return (
    /\/auth\/(logout|sessions|password|factors)/.test(route.path) || /\/users\/me$/.test(route.path)
  )
}

/** A caller of that kind whom no other test needs. */
async function somebody(who: Who): Promise<Person> {
  if (who === 'owner' || who === 'other') return api.signUp()
  const person = await api.signUp()
  await api.runner.invoke('admin', { command: 'set-role', username: person.username, role: who })
  return api.signIn(person.username, person.password)
}

function isScope(access: Route['access']): access is Scope {
  return access !== 'public' && access !== 'authenticated'
}

function requiredScopes(): Set<Scope> {
  return new Set(routes.map(({ access }) => access).filter(isScope))
}

import { callEngine } from '../../bench/engine.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import { exactFields } from '../../functions/model/indexes.ts'
import { references } from '../../functions/model/references.ts'
import { resourceNamed, transferOrder } from '../../functions/operator/records.ts'
import { resources } from '../../functions/routes/registry.ts'
import { toAttributeValues } from '../../functions/store/attribute-values.ts'
import { heldGuards, itemVersion, keyOf } from '../../functions/store/layout.ts'
import { enrolled, shownCode } from '../api/authenticator.ts'
import { type Api, type Person, password, unique } from '../api/harness.ts'
import { address, linkTo, withAddress } from '../api/mails.ts'
import { sample } from '../sample.ts'

/**
 * Calls every route in every way that makes its function do something else on AWS. What the answers
 * are does not matter here, except that none may be a failure of the server.
 */
export async function everyOperation(api: Api): Promise<void> {
  await accounts(api)
  await addresses(api)
  const other = await anotherAdmin(api)
  for (const resource of resources) if (resource.name !== 'users') await items(api, resource, other)
  for (const resource of resources) await othersItems(api, resource)
  await users(api)
  await transfer(api)
  await system(api)
  await operator(api)
  await api.runner.rotate()
}

type Body = Record<string, unknown>

async function anotherAdmin(api: Api): Promise<Person> {
  const { username } = await api.signUp()
  await api.runner.invoke('admin', { command: 'set-role', username, role: 'admin' })
  return api.signIn(username, password)
}

async function items(api: Api, resource: Resource, other: Person): Promise<void> {
  const { token } = api.admin
  const collection = await collectionOf(api, resource)
  const call = (method: string, path = '', body?: Body, headers = {}) =>
    api.call(`${method} ${collection}${path}`, { token, body, headers })
  const fields = () => sample(resource.bodies.create()) as Body
  const create = fields()
  const headers = { 'Idempotency-Key': unique() }
  const { body: made } = await call('POST', '', create, headers)
  await call('POST', '', create, headers)
  await call('POST', '', fields())
  const item = `/${made[resource.key]}`
  const { body: page } = await call('GET', '?limit=1')
  await call('GET', `?limit=1&cursor=${page.nextCursor}`)
  for (const field of exactFields(resource))
    await call('GET', `?${listedBy(resource, field, made)}`)
  for (const { by, sort } of resource.indexes)
    if (sort)
      await call('GET', `?${new URLSearchParams({ ...(by && { [by]: `${made[by]}` }), sort })}`)
  await call('GET', item)
  for (const { method, on, path, body } of Object.values(resource.own))
    await call(method, (on === 'item' ? item : '') + path, body && (sample(body()) as Body))
  const kept = resource.naturalKey ? { [resource.key]: made[resource.key] } : {}
  await call('PUT', item, { ...fields(), ...kept })
  await call('PATCH', item, { ...fields(), ...kept })
  await call('PATCH', item, {})
  await call('PATCH', item, await referencesIn(api, resource, other))
  await call('PATCH', item, {}, { 'If-Match': '"stale"' })
  await call('DELETE', item)
  await call('DELETE', item)
}

/** A body that names an item of another resource, and of another person, in each field that can. */
async function referencesIn(api: Api, { fields }: Resource, { token }: Person): Promise<Body> {
  const named = Object.entries(fields).map(async ([name, field]): Promise<Body> => {
    const [reference] = references(field)
    if (!reference) return {}
    const { to } = reference
    const body = sample(to.bodies.create()) as Body
    const { body: made } = await api.call(`POST /api/v1${to.collectionPath}`, { token, body })
    const id = made[to.key]
    const fits = (value: unknown) => field.safeParse(value).success
    return { [name]: [id, [id]].find(fits) }
  })
  return Object.assign({}, ...(await Promise.all(named)))
}

/**
 * An admin looks at what belongs to a member and at what lies under it; what lies under an item
 * goes with it.
 */
async function othersItems(api: Api, { owner, collectionPath, itemPath, ...rest }: Resource) {
  const children = resources.filter(({ parent }) => parent?.name === rest.name)
  if (rest.name === 'users' || collectionPath.includes('{')) return
  if (!owner && children.length === 0) return
  const [member, admin] = [await api.signUp(), { token: api.admin.token }]
  const maker = owner ? { token: member.token } : admin
  const create = { ...maker, body: sample(rest.bodies.create()) as Body }
  const { body: made } = await api.call(`POST /api/v1${collectionPath}`, create)
  const at = (path: string, id: string) => `/api/v1${path.replace(/\{\w+\}/, id)}`
  for (const child of children) {
    const body = sample(child.bodies.create()) as Body
    const collection = at(child.collectionPath, made[rest.key])
    const answer = await api.call(`POST ${collection}`, { ...maker, body })
    await api.call(`GET ${collection}/${answer.body[child.key]}`, admin)
    await api.call(`GET ${collection}`, admin)
  }
  const item = at(itemPath, made[rest.key])
  await api.call(`GET ${item}`, admin)
  await api.call(`DELETE ${item}`, maker)
}

/** A query for a value, with another one where only an index of both has it. */
function listedBy(resource: Resource, field: string, item: Body): string {
  const alone =
    resource.lookups.includes(field) ||
    resource.indexes.some(({ by, sort }) => {
      return sort === undefined ? by === field : by === undefined && sort === field
    })
  const within = resource.indexes.find(({ sort }) => sort === field)?.by
  const named = alone || within === undefined ? [field] : [within, field]
  return String(
    new URLSearchParams(named.map((name): [string, string] => [name, String(item[name])])),
  )
}

/** The path of a collection; the item that it lies under, if any, is made first. */
async function collectionOf(api: Api, { collectionPath }: Resource): Promise<string> {
  const { token, id } = api.admin
  const [above] = collectionPath.split('/').filter(Boolean)
  const parent = resources.find(({ name }) => name === above)
  if (!collectionPath.includes('{') || !parent) return `/api/v1${collectionPath}`
  if (above === 'users') return `/api/v1${collectionPath.replace(/\{\w+\}/, id)}`
  const body = sample(parent.bodies.create()) as Body
  const { body: made } = await api.call(`POST /api/v1${parent.collectionPath}`, { token, body })
  return `/api/v1${collectionPath.replace(/\{\w+\}/, made[parent.key])}`
}

async function users(api: Api): Promise<void> {
  const { token } = api.admin
  const body = { username: unique(), password }
  const headers = { 'Idempotency-Key': unique() }
  const { body: made } = await api.call('POST /api/v1/users', { token, body, headers })
  await api.call('POST /api/v1/users', { token, body, headers })
  const { body: page } = await api.call('GET /api/v1/users?limit=1', { token })
  await api.call(`GET /api/v1/users?limit=1&cursor=${page.nextCursor}`, { token })
  const theirs = { token: (await api.signIn(body.username, password)).token }
  for (const { parent, owner, collectionPath, bodies } of resources) {
    if (!owner && parent?.name !== 'users') continue
    const toBeCleanedUp = sample(bodies.create()) as Body
    const collection = collectionPath.replace(/\{\w+\}/, made.id)
    await api.call(`POST /api/v1${collection}`, { ...theirs, body: toBeCleanedUp })
  }
  const own = `/api/v1/users/${made.id}`
  await api.call(`GET ${own}`, { token })
  for (const change of [
    {},
    { username: unique() },
    { role: 'admin' },
    { role: 'member' },
    { disabled: true },
  ])
    await api.call(`PATCH ${own}`, { token, body: change })
  await api.call(`POST ${own}/password`, { token, body: { newPassword: password } })
  await api.call(`DELETE ${own}`, { token })
  const member = await api.signUp()
  const me = { token: member.token }
  await api.call('GET /api/v1/users/me', me)
  await api.call('PATCH /api/v1/users/me', { ...me, body: { username: unique() } })
  await api.call('DELETE /api/v1/users/me', me)
}

async function addresses(api: Api): Promise<void> {
  const owner = await withAddress(api)
  const { token, email, id } = owner
  const post = (path: string, body: Body) => api.call(`POST /api/v1/auth/${path}`, { body })
  await post('login', { email, password })
  await api.call('PATCH /api/v1/users/me', { token, body: { username: unique() } })
  await enrolled(api, token)
  await api.call('PUT /api/v1/auth/email', { token, body: { email: address() } })
  const undo = await linkTo(api, email, /being changed/)
  await post('undo', { token: undo.get('token') })
  await post('password/forgot', { email })
  const reset = await linkTo(api, email, /new password/)
  await post('password/reset', { token: reset.get('token'), newPassword: password })
  const admin = { token: api.admin.token }
  await api.call(`POST /api/v1/users/${id}/password`, { ...admin, body: { reset: true } })
  await api.call(`DELETE /api/v1/users/${id}`, admin)
  await anotherAddress(api)
}

/** An address gets many notices; another takes its place, and has to give it back. */
async function anotherAddress(api: Api): Promise<void> {
  const { token, email, username } = await withAddress(api)
  const other = address()
  await api.call('POST /api/v1/auth/password', {
    token,
    body: { currentPassword: password, newPassword: password },
  })
  await api.call('POST /api/v1/auth/keys', { token, body: { name: 'told', scope: 'account' } })
  const { recoveryCodes } = await enrolled(api, token)
  const credentials = { username, password }
  const { body: owing } = await api.call('POST /api/v1/auth/login', { body: credentials })
  await api.call('POST /api/v1/auth/login/factor', {
    body: { challenge: owing.challenge, recoveryCode: recoveryCodes[0] },
  })
  await api.call('PUT /api/v1/auth/email', { token, body: { email: other } })
  for (const [to, subject, path] of [
    [other, /Confirm/, 'email/verify'],
    [email, /being changed/, 'undo'],
  ] as const) {
    const link = await linkTo(api, to, subject)
    await api.call(`POST /api/v1/auth/${path}`, { body: { token: link.get('token') } })
  }
  await api.runner.invoke('admin', { command: 'set-password', username, password })
}

async function accounts(api: Api): Promise<void> {
  const login = '/api/v1/auth/login'
  const wrong = { username: unique(), password: 'not the password' }
  await api.call(`POST ${login}`, { body: wrong })
  const member = await api.signUp()
  await api.call(`POST ${login}`, { body: { ...wrong, username: member.username } })
  await refreshes(api, member)
  await tokens(api)
  await factors(api)
  const sessions = '/api/v1/auth/sessions'
  const { username } = member
  const device_token = member.deviceToken
  const person = await api.signIn(username, password, { device_token })
  const { token } = person
  const other = await api.signIn(username, password)
  await api.signIn(username, password)
  const { body: page } = await api.call(`GET ${sessions}?limit=1`, { token })
  await api.call(`GET ${sessions}?limit=1&cursor=${page.nextCursor}`, { token })
  await api.call(`DELETE ${sessions}/${other.sessionId}`, { token })
  await api.call('POST /api/v1/auth/password', {
    token,
    body: { currentPassword: 'not the password', newPassword: password },
  })
  const newPassword = unique('another password ')
  await api.call('POST /api/v1/auth/password', {
    token,
    body: { currentPassword: password, newPassword },
  })
  await api.call(`DELETE ${sessions}?keep=current`, { token })
  await api.call(`DELETE ${sessions}`, { token })
  const last = await api.signUp()
  await api.call('POST /api/v1/auth/logout', { token: last.token })
}

/** The successor, the successor again, and then, too late, the theft that ends the session. */
async function refreshes(api: Api, { refreshToken }: Person): Promise<void> {
  const refresh = { body: { refresh_token: refreshToken } }
  await api.call('POST /api/v1/auth/refresh', refresh)
  await api.call('POST /api/v1/auth/refresh', refresh)
  api.runner.clock.advance(31_000)
  await api.call('POST /api/v1/auth/refresh', refresh)
}

/** OAuth's endpoints with every kind of token, and the life of API keys. */
async function tokens(api: Api): Promise<void> {
  const { token, refreshToken } = await api.signUp()
  const keys = '/api/v1/auth/keys'
  const form = (endpoint: string, fields: Record<string, string>, asking?: string) =>
    api.call(`POST /api/v1/auth/${endpoint}`, {
      token: asking,
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  const make = async (maker: string, more: Body = {}) => {
    const body = { name: 'a key', scope: 'pupils:read', ...more }
    const { body: made } = await api.call(`POST ${keys}`, { token: maker, body })
    return made as { id: string; key: string }
  }
  const [one, counted] = [await make(token), await make(token, { maxUses: 3 })]
  await make(one.key)
  await make(counted.key, { maxUses: 1 })
  for (const _ of [1, 2]) await api.call('GET /api/v1/pupils', { token: counted.key })
  // A key that is used up goes when the next is made.
  await make(token)
  api.runner.clock.advance(61_000)
  await api.call('GET /api/v1/pupils', { token: one.key })
  const { body: page } = await api.call(`GET ${keys}?limit=1`, { token })
  await api.call(`GET ${keys}?limit=1&cursor=${page.nextCursor}`, { token })
  for (const text of [token, one.key, 'x'])
    await form('introspect', { token: text }, api.admin.token)
  await api.call('POST /api/v1/auth/logout', { token: (await make(token)).key })
  await api.call(`DELETE ${keys}/${one.id}`, { token })
  for (const secret of ['not the password', password])
    await api.call('POST /api/v1/auth/reauthenticate', { token, body: { password: secret } })
  await form('revoke', { token: (await make(token)).key })
  const grant = { grant_type: 'refresh_token', scope: 'pupils:read' }
  await form('token', { ...grant, refresh_token: refreshToken })
  await form('revoke', { token })
  await form('revoke', { token: refreshToken })
}

/** The life of a second factor, and what ends sessions where there is one. */
async function factors(api: Api): Promise<void> {
  const { token, username, id } = await api.signUp()
  const { secret, recoveryCodes, factorId } = await enrolled(api, token)
  const path = '/api/v1/auth/factors'
  const prove = async (proof: Body) => {
    const { body } = await api.call('POST /api/v1/auth/login', { body: { username, password } })
    const answer = { challenge: body.challenge, ...proof }
    return (await api.call('POST /api/v1/auth/login/factor', { body: answer })).body.access_token
  }
  const [first, second] = recoveryCodes
  await prove({ code: '000000' })
  await prove({ code: shownCode(api, secret) })
  await prove({ recoveryCode: first })
  api.runner.clock.advance(30_000)
  for (const proof of [{ code: shownCode(api, secret) }, { recoveryCode: second }])
    await api.call('POST /api/v1/auth/reauthenticate', { token, body: proof })
  await api.call(`GET ${path}`, { token })
  await api.call(`POST ${path}/recovery`, { token })
  await api.call('DELETE /api/v1/auth/sessions?keep=current', { token })
  const { body: other } = await api.call(`POST ${path}/totp`, { token })
  for (const factor of [other.id, factorId]) await api.call(`DELETE ${path}/${factor}`, { token })
  await enrolled(api, token)
  const page = { command: 'export-page', resource: 'users', withSecrets: true }
  const { records } = (await api.runner.invoke('admin', page)) as { records: { item: Body }[] }
  const admin = { token: api.admin.token }
  await api.call(`PATCH /api/v1/users/${id}`, { ...admin, body: { role: 'admin' } })
  for (const command of ['end-sessions', 'reset-factors'])
    await api.runner.invoke('admin', { command, username })
  await api.call(`DELETE /api/v1/users/${id}`, admin)
  const back = records.filter(({ item }) => item.id === id)
  await api.runner.invoke('admin', { command: 'import-batch', resource: 'users', records: back })
}

/** All items leave and come in again. */
async function transfer({ runner, admin }: Api): Promise<void> {
  const ids = new Map<string, string[]>([['users', [admin.id]]])
  for (const name of transferOrder) {
    const { parent, key } = resourceNamed(name)
    const position = parent ? { parents: ids.get(parent.name)?.slice(0, 100) } : {}
    const page = { command: 'export-page', resource: name, ...position }
    const { records } = (await runner.invoke('admin', page)) as { records: { item: Body }[] }
    if (records.length === 0) throw new Error(`There are no ${name} to export`)
    if (!ids.has(name))
      ids.set(
        name,
        records.map(({ item }) => String(item[key])),
      )
    await runner.invoke('admin', { command: 'import-batch', resource: name, records })
    if (name !== 'users') await reindexed(runner, name, records[0]?.item ?? {})
  }
}

/** Stores an item as if another field of it had been unique, and re-indexes it. */
async function reindexed(runner: Api['runner'], name: string, item: Body): Promise<void> {
  const resource = resourceNamed(name)
  const { parent } = resource
  const within = parent ? { parents: [item[parent.param]] } : {}
  const page = { command: 'reindex-page', resource: name, limit: 100, ...within }
  await callEngine(runner.dynamodbEndpoint, 'UpdateItem', {
    TableName: tableOf(runner, name),
    Key: toAttributeValues(keyOf(resource, item)),
    UpdateExpression: 'SET #held = :held REMOVE #version',
    ExpressionAttributeNames: { '#held': heldGuards, '#version': itemVersion },
    ExpressionAttributeValues: toAttributeValues({ ':held': ['createdAt exact'] }),
  })
  const begun = await runner.invoke('admin', { command: 'reindex-begin', resource: name })
  await runner.invoke('admin', { ...page, check: false })
  const end = { command: 'reindex-end', resource: name, except: [] }
  await runner.invoke('admin', { ...end, ...(begun as object) })
}

function tableOf({ model }: Api['runner'], name: string): string {
  const found = model.tables.find(({ id }) => new RegExp(`^Tables${name}[0-9A-F]{8}`).test(id))
  if (!found) throw new Error(`There is no table of ${name}`)
  return found.name
}

async function system(api: Api): Promise<void> {
  const { token } = api.admin
  await api.call('GET /api/v1/private', { token })
  for (const path of ['', '/public', '/health', '/openapi.json'])
    await api.call(`GET /api/v1${path}`)
  for (const path of [
    '/docs',
    '/account',
    '/.well-known/jwks.json',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
  ])
    await api.call(`GET ${path}`)
}

async function operator(api: Api): Promise<void> {
  const run = (command: string, more: Body = {}) =>
    api.runner.invoke('admin', { command, ...more }) as Promise<{ keys: { id: string }[] }>
  await run('create-admin', { username: 'admin', password })
  const username = unique()
  await run('create-admin', { username, password })
  await api.signIn(username, password)
  await run('set-role', { username, role: 'member' })
  await run('set-password', { username, password })
  await run('disable-user', { username })
  await run('enable-user', { username })
  await api.signIn(username, password)
  await run('end-sessions', { username })
  await run('rotate-keys')
  const [key] = (await run('list-keys')).keys
  await run('withdraw-key', { key: key?.id })
}

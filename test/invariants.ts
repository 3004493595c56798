import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { variables } from '../functions/config/environment.ts'
import type { Resource } from '../functions/model/declaration.ts'
import { resources } from '../functions/routes/registry.ts'
import type { Attributes } from '../functions/store/attributes.ts'
import {
  guardKey,
  guardOwner,
  guardSharers,
  indexAttributes,
  keyNames,
  keyOf,
} from '../functions/store/layout.ts'
import type { Runner } from '../infra/local/runner.ts'

type Table = readonly Attributes[]
/** Every item of every table, by the name that functions use for the table. */
export type Dump = Readonly<Record<string, Table>>

const tables = ['credentials', 'sessions', ...resources.map(({ name }) => name)]

/** Reads all that is stored, past all permissions. */
export async function dump(
  runner: Pick<Runner, 'dynamodbEndpoint' | 'model'>,
  names: readonly string[] = tables,
): Promise<Dump> {
  const client = new DynamoDBClient({
    endpoint: runner.dynamodbEndpoint,
    region: runner.model.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  try {
    const documents = DynamoDBDocumentClient.from(client)
    const read = async (name: string): Promise<[string, Table]> => {
      const items: Attributes[] = []
      const TableName = physicalName(runner.model, name)
      const pages = paginateScan({ client: documents }, { TableName, ConsistentRead: true })
      for await (const { Items = [] } of pages) items.push(...Items)
      return [name, items]
    }
    return Object.fromEntries(await Promise.all(names.map(read)))
  } finally {
    client.destroy()
  }
}

/** The name of a table, as the functions are told it. */
export function physicalName({ functions }: Runner['model'], table: string): string {
  const variable = variables.table(table)
  const name = functions.map(({ environment }) => environment[variable]).find(Boolean)
  if (!name) throw new Error(`No function has the table ${table}`)
  return name
}

/**
 * Describes each violation of what must hold at every moment in what is stored, whatever failed
 * meanwhile. Items under a deleted parent are an exception where `cleanedUp` is false: they are
 * removed a little later.
 */
export function violations(stored: Dump, { cleanedUp = true } = {}): string[] {
  return [
    ...resources.flatMap((resource) => ofResource(resource, stored)),
    ...ofAccounts(stored),
    ...(cleanedUp ? resources.flatMap((resource) => orphans(resource, stored)) : []),
  ]
}

/** The items of a resource, without the records beside them. */
export function itemsOf(resource: Resource, stored: Dump): Table {
  return (stored[resource.name] ?? []).filter(
    (item) => !String(item[sortOf(resource)]).startsWith('~'),
  )
}

function sortOf(resource: Resource): string {
  const { partition, sort } = keyNames(resource)
  return sort ?? partition
}

/** The guards are those of the items' values; the indexes have what they need. */
function ofResource(resource: Resource, stored: Dump): string[] {
  const items = itemsOf(resource, stored)
  return [
    ...guardFaults(resource, stored[resource.name] ?? []),
    ...items.flatMap((item) => ofItem(resource, item)),
  ]
}

/**
 * Every unique value has its guard and every guard its item: one guard for each value, which counts
 * the items that had it before it was unique.
 */
export function guardFaults(resource: Resource, table: Table): string[] {
  const sort = sortOf(resource)
  const expected = itemsOf(resource, { [resource.name]: table }).flatMap((item) =>
    resource.unique
      .filter((field) => item[field] !== undefined)
      .map((field) => JSON.stringify(guardKey(resource, field, item))),
  )
  const found = table
    .filter((item) => String(item[sort]).startsWith('~unique~'))
    .flatMap((item) => {
      const holders = (item[guardOwner] ? 1 : 0) + Number(item[guardSharers] ?? 0)
      return Array.from({ length: Math.max(1, holders) }, () =>
        JSON.stringify(keyOf(resource, item)),
      )
    })
  return [
    ...surplus(expected, found).map((guard) => `${resource.name}: no guard ${guard}`),
    ...surplus(found, expected).map((guard) => `${resource.name}: guard without item ${guard}`),
  ]
}

function ofItem(resource: Resource, item: Attributes): string[] {
  const expected = indexAttributes(resource, item)
  const wrong = Object.entries(expected).filter(([name, value]) => item[name] !== value)
  const listed =
    resource.parent !== undefined || (item._seq && Number(item._shard) < resource.shards)
  const name = `${resource.name} ${item[resource.key]}`
  return [
    ...wrong.map(([attribute]) => `${name}: ${attribute} is ${item[attribute]}`),
    ...(listed ? [] : [`${name} is in no list`]),
    ...(item._rev ? [] : [`${name} has no revision`]),
  ]
}

function orphans(resource: Resource, stored: Dump): string[] {
  if (!resource.parent) return []
  const { name, param, key } = resource.parent
  const parents = new Set(stored[name]?.map((parent) => parent[key]))
  return itemsOf(resource, stored)
    .filter((item) => !parents.has(item[param]))
    .map((item) => `${resource.name} ${item[resource.key]} has no ${param} ${item[param]}`)
}

/**
 * Users, credentials, verified addresses, factors and sessions say the same of everybody, and the
 * count of admins is right.
 */
function ofAccounts({ users = [], credentials: rows = [], sessions = [] }: Dump): string[] {
  const credentials = rows.filter(({ username }) => !String(username).startsWith('email#'))
  const addresses = rows
    .filter((row) => !credentials.includes(row))
    .map(({ username, userId, of }) => JSON.stringify([username, userId, of]))
  const verified = credentials
    .filter(({ emailVerified }) => emailVerified)
    .map(({ email, userId, username }) =>
      JSON.stringify([`email#${String(email).toLowerCase()}`, userId, username]),
    )
  const marked = new Set(credentials.filter(({ factor }) => factor).map(({ userId }) => userId))
  const unmarked = sessions.filter(({ userId, confirmed }) => confirmed && !marked.has(userId))
  const people = users.filter(({ id }) => !String(id).startsWith('~'))
  const describe = (username: unknown, id: unknown, account: Attributes) => {
    const { role, disabled, email, emailVerified } = account
    return JSON.stringify([
      String(username).toLowerCase(),
      id,
      role,
      disabled,
      email,
      emailVerified,
    ])
  }
  const asUsers = people.map((user) => describe(user.username, user.id, user))
  const asCredentials = credentials.map((entry) => describe(entry.username, entry.userId, entry))
  const byId = new Map(people.map((user) => [user.id, user]))
  const homeless = sessions.filter(({ userId, role }) => {
    if (String(userId).startsWith('~')) return false
    const user = byId.get(userId)
    // No role and no state takes away factors and what stands beside them.
    if (role === undefined) return !user
    return !user || user.disabled || user.role !== role
  })
  const admins = people.filter(({ role, disabled }) => role === 'admin' && !disabled).length
  const counted = users.find(({ id }) => id === '~admins')?.enabled ?? 0
  return [
    ...surplus(asUsers, asCredentials).map((user) => `user without credentials: ${user}`),
    ...surplus(asCredentials, asUsers).map((entry) => `credentials without user: ${entry}`),
    ...surplus(addresses, verified).map((row) => `an address that is nobody's: ${row}`),
    ...surplus(verified, addresses).map((row) => `a verified address without its row: ${row}`),
    ...unmarked.map(({ userId, sessionId }) => `a factor that is not owed: ${userId} ${sessionId}`),
    ...credentials.filter(({ hash }) => !hash).map(({ userId }) => `no hash: ${userId}`),
    ...homeless.map(({ userId, sessionId }) => `session without user: ${userId} ${sessionId}`),
    ...(admins === counted ? [] : [`${admins} enabled admins are counted as ${counted}`]),
  ]
}

/** What the first list has more often than the second. */
function surplus(list: readonly string[], than: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const value of than) left.set(value, (left.get(value) ?? 0) + 1)
  return list.filter((value) => {
    const count = left.get(value) ?? 0
    left.set(value, count - 1)
    return count <= 0
  })
}

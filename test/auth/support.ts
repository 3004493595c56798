import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import { type KeyRing, parseRing } from '../../functions/auth/keys/key-ring.ts'
import type { Api, Person } from '../api/harness.ts'
import { edited, resources } from '../assembly.ts'

/** A number of repetitions: the stated one with FULL=1, else one that takes seconds. */
export function repetitions(stated: number, quick: number): number {
  return process.env.FULL === '1' ? stated : quick
}

/** The tests' assembly with other values of environment variables, in all functions that have them. */
export function configured(
  variables: Readonly<Record<string, string>>,
  assembly = inject('assembly'),
): string {
  return edited(assembly, ({ template }) => {
    const functions = resources<{ Environment?: { Variables: Record<string, string> } }>(
      template,
      'AWS::Lambda::Function',
    )
    for (const { Properties } of functions)
      for (const [name, value] of Object.entries(variables))
        if (Properties.Environment?.Variables[name]) Properties.Environment.Variables[name] = value
  })
}

export const comparison = 'a password is compared'

/** All varieties with FULL=1, else the few that stand for the rest. */
export function varieties<Variety>(
  all: readonly Variety[],
  few: readonly Variety[],
): readonly Variety[] {
  return process.env.FULL === '1' ? all : few
}

/** The assembly with a login that writes a log line at each comparison of bcrypt. */
export function countingComparisons(assembly = inject('assembly')): string {
  return edited(assembly, ({ bundle }) => {
    const file = bundle('login')
    const source = readFileSync(file, 'utf8')
    // Comparing takes the salt from the hash, and nothing else does.
    const salt = /\.substring\(0,29\)/g
    const counted = source.replace(salt, `.substring((console.log('${comparison}'),0),29)`)
    if (counted === source) throw new Error('bcryptjs does not compare as expected')
    writeFileSync(file, counted)
  })
}

/** Works on all items, but on at most `limit` at the same time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as Item, index)
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}

export function times<Result>(count: number, make: (index: number) => Result): Result[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** Signs a user in `count` times more. */
export async function sessionsOf(api: Api, person: Person, count: number): Promise<Person[]> {
  const { username, password, deviceToken } = person
  return inParallel(times(count, String), 8, () =>
    api.signIn(username, password, { device_token: deviceToken }),
  )
}

/** The status of an access token, by the cheapest route behind the authorizer. */
export async function statusOf(api: Api, token: string): Promise<number> {
  return (await api.call('GET /api/v1/private', { token })).status
}

export async function refreshed(api: Api, refresh_token: string) {
  return api.call('POST /api/v1/auth/refresh', { body: { refresh_token } })
}

/** Every attribute of every item of every table, as the engine holds them. */
export async function dump(api: Api): Promise<Record<string, unknown[]>> {
  const tables = api.runner.model.tables.map(({ name }) => name)
  const entries = tables.map(async (TableName) => {
    const answer = await fetch(api.runner.dynamodbEndpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.Scan',
        'x-amz-date': '20260101T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
      },
      body: JSON.stringify({ TableName }),
    })
    const { Items } = (await answer.json()) as { Items: unknown[] }
    return [TableName, Items] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** The items of one of the stack's tables. */
export async function itemsOf(api: Api, table: string): Promise<Record<string, { S?: string }>[]> {
  const found = Object.entries(await dump(api)).find(([name]) => name.startsWith(`Tables${table}`))
  if (!found) throw new Error(`There is no table ${table}`)
  return found[1] as Record<string, { S?: string }>[]
}

/** The key ring of a runner that keeps its data there. */
export function keyRingIn(dataDir: string): KeyRing {
  const secrets = JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8'))
  const [secret] = Object.values(secrets) as [{ versions: Record<string, Version> }]
  const current = Object.values(secret.versions).find(({ stages }) => stages.includes('AWSCURRENT'))
  const ring = parseRing(current?.value ?? '')
  if (!ring) throw new Error('There is no key ring')
  return ring
}

interface Version {
  readonly value?: string
  readonly stages: readonly string[]
}

/** The security events that were logged, oldest first. */
export function securityEvents({ logs }: Api): Record<string, unknown>[] {
  return logs
    .filter((line) => line.includes('"security"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** No log line holds a token, a hash, or any of the secrets. */
export function expectCleanLogs({ logs }: Api, secrets: readonly string[] = []): void {
  const forbidden = [
    /eyJ[\w-]+\.[\w-]+\.[\w-]+/,
    /(?:refresh|device)\.[\w-]{8}\.[\w.-]+/,
    /\$2[aby]\$\d\d\$/,
  ]
  for (const line of logs) {
    for (const pattern of forbidden) expect(line).not.toMatch(pattern)
    for (const secret of secrets) expect(line).not.toContain(secret)
  }
}

/** Sends JSON from another of this machine's loopback addresses. */
export function sendFrom(
  address: string,
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: { code?: string } }> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', localAddress: address, agent: false as const }
    const outgoing = request(
      url,
      { ...options, headers: { 'Content-Type': 'application/json', ...headers } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: JSON.parse(text),
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(body))
  })
}

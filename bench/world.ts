import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nextRing } from '../functions/auth/keys/key-ring.ts'
import {
  type AccessClaims,
  type Algorithm,
  generateKey,
  publicPart,
  signAccessToken,
} from '../functions/auth/tokens/tokens.ts'
import { variables } from '../functions/config/environment.ts'
import { resources } from '../functions/resources/index.ts'
import { toAttributeValues } from '../functions/store/attribute-values.ts'
import { newItem } from '../functions/store/items.ts'
import { root } from '../infra/bundle.ts'
import { stages } from '../infra/stages.ts'
import { pupils } from '../test/fixtures/resources/pupils.ts'
import type { Task } from './invocations.ts'
import type { Subject } from './rounds.ts'

const here = join(root, 'bench')
const issuer = 'https://api.example.org'
const userId = '0199aaaa-0000-7000-8000-00000000000a'
const sessionId = '0199aaaa-0000-7000-8000-00000000000b'
const scope = 'pupils:read pupils:write account'
const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:api/prod/GET/api/v1/pupils/x'
const algorithm: Algorithm = 'ES256'

/** The surroundings of the subjects: a database and environments. */
export interface World {
  /** The environment of our functions, and of peers without a token to check. */
  readonly env: Readonly<Record<string, string>>
  /** With it a peer checks tokens; a caller may add `CHECK_SESSION`. */
  readonly peerEnv: Readonly<Record<string, string>>
  readonly databaseUrl: string
  /** A new token each time. */
  token(): Promise<string>
  readonly session: { readonly userId: string; readonly sessionId: string }
  stop(): void
}

/** Starts a stub of DynamoDB that knows one user, one session and one pupil. */
export async function startWorld(): Promise<World> {
  const key = await generateKey(algorithm)
  const jwk = { ...publicPart(key.jwk), alg: algorithm }
  const stub = fork(join(here, 'stub.ts'), { stdio: 'inherit' })
  stub.send(answers(key.kid, jwk))
  const [port] = await once(stub, 'message')
  const databaseUrl = `http://127.0.0.1:${port}`
  const declared = resources.map(({ name }) => name)
  const tables = ['credentials', 'keys', 'pupils', 'sessions', 'throttle', 'users', ...declared]
  const env = {
    PATH: '/usr/bin',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    // As long as on Lambda.
    AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE'.repeat(50),
    AWS_LAMBDA_FUNCTION_NAME: 'function',
    AWS_ENDPOINT_URL_DYNAMODB: databaseUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: databaseUrl,
    POWERTOOLS_SERVICE_NAME: 'portcullis',
    [variables.algorithm]: algorithm,
    [variables.tokenLifetime]: '900',
    [variables.audience]: 'portcullis',
    [variables.publicUrl]: issuer,
    [variables.signingSecret]: 'secret',
    [variables.bcryptCost]: '10',
    BENCH_KEY_RING: JSON.stringify(await nextRing(algorithm, undefined, 900)),
    ...Object.fromEntries(tables.map((name) => [variables.table(name), name])),
    ...Object.fromEntries(
      Object.entries(stages.local.budgets).map(([name, { count, seconds }]) => [
        variables.budget(name),
        `${count}/${seconds}`,
      ]),
    ),
  }
  const claims: Omit<AccessClaims, 'jti' | 'iat' | 'nbf'> = {
    iss: issuer,
    aud: 'portcullis',
    client_id: 'portcullis',
    sub: userId,
    sid: sessionId,
    exp: Math.floor(Date.now() / 1000) + 24 * 60 * 60,
    auth_time: Math.floor(Date.now() / 1000),
    scope,
    role: 'member',
  }
  return {
    env,
    peerEnv: {
      ...env,
      TOKEN_KEY: JSON.stringify({ ...jwk, kid: key.kid }),
      TOKEN_ISSUER: issuer,
      TOKEN_AUDIENCE: 'portcullis',
    },
    databaseUrl,
    session: { userId, sessionId },
    token: () => signAccessToken(key, claims),
    stop: () => stub.kill(),
  }
}

/** What API Gateway sends to a token authorizer. */
export function authorizerEvent(token: string): string {
  return JSON.stringify({ type: 'TOKEN', methodArn, authorizationToken: `Bearer ${token}` })
}

type Operation = 'read' | 'list' | 'create'

/** What API Gateway sends to a function behind a proxy integration. */
export function requestEvent(operation: Operation, token = 'x.y.z'): string {
  const id = operation === 'read' ? '0199aaaa-0000-7000-8000-000000000000' : undefined
  const resource = `/api/v1/pupils${id ? '/{id}' : ''}`
  const path = `/api/v1/pupils${id ? `/${id}` : ''}`
  const headers = {
    Accept: 'application/json',
    Authorization: `Bearer ${token}`,
    Host: 'api.example.org',
    'User-Agent': 'bench/1.0',
    'X-Forwarded-For': '203.0.113.7',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': 'https',
    ...(operation === 'create' && { 'Content-Type': 'application/json' }),
  }
  const body = { name: 'Ada Lovelace', email: 'ada@example.org', rollNo: '42', age: 36 }
  const query = operation === 'list' ? { limit: '25' } : null
  return JSON.stringify({
    resource,
    path,
    httpMethod: operation === 'create' ? 'POST' : 'GET',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([n, v]) => [n, [v]])),
    queryStringParameters: query,
    multiValueQueryStringParameters: query && { limit: ['25'] },
    pathParameters: id ? { id } : null,
    stageVariables: null,
    requestContext: {
      resourcePath: resource,
      httpMethod: operation === 'create' ? 'POST' : 'GET',
      path,
      accountId: '123456789012',
      apiId: 'api',
      stage: 'prod',
      protocol: 'HTTP/1.1',
      domainName: 'api.example.org',
      requestId: '01234567-89ab-cdef-0123-456789abcdef',
      requestTimeEpoch: 1_795_000_000_000,
      identity: { sourceIp: '203.0.113.7', userAgent: 'bench/1.0' },
      authorizer: { userId, sessionId, role: 'member', scope, exp: '4000000000' },
    },
    body: operation === 'create' ? JSON.stringify(body) : null,
    isBase64Encoded: false,
  })
}

/** A login; no peer has one. */
export function loginEvent(): string {
  const event = JSON.parse(requestEvent('create'))
  const resource = '/api/v1/auth/login'
  return JSON.stringify({
    ...event,
    resource,
    path: resource,
    body: JSON.stringify({ username: 'bench', password: 'correct horse battery' }),
    requestContext: { ...event.requestContext, resourcePath: resource, path: resource },
  })
}

/** A process that invokes; its figure is microseconds of CPU time an invocation. */
export function invoked(
  name: string,
  env: Readonly<Record<string, string>>,
  task: Task,
  count: number,
): Subject & { stop(): void } {
  const file = join(here, 'dist', `${name}.task.json`)
  writeFileSync(file, JSON.stringify(task))
  let child: ChildProcess | undefined
  let answered = Promise.withResolvers<number>()
  const start = () => {
    const started = fork(join(here, 'invocations.ts'), [file], {
      env,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    started.on('message', (figure: number) => answered.resolve(figure))
    started.on('exit', () => answered.reject(new Error(`${name} ended`)))
    return started
  }
  const run = (invocations: number) => {
    child ??= start()
    answered = Promise.withResolvers()
    child.send(invocations)
    return answered.promise
  }
  let warm = false
  return {
    name,
    measure: async () => {
      if (!warm) await run(count * 3)
      warm = true
      return run(count)
    },
    stop() {
      child?.removeAllListeners().kill()
    },
  }
}

function answers(kid: string, jwk: object): Record<string, object> {
  const text = (value: string) => ({ S: value })
  const session = {
    userId: text(userId),
    sessionId: text(sessionId),
    generation: { N: '3' },
    role: text('member'),
    scope: text(scope),
    ip: text('203.0.113.7'),
    userAgent: text('bench/1.0'),
    createdAt: text('2026-11-22T00:00:00.000Z'),
    lastUsedAt: text('2026-11-22T00:00:00.000Z'),
    expiresAt: text('2027-11-22T00:00:00.000Z'),
    ttl: { N: '4000000000' },
  }
  const id = '0199aaaa-0000-7000-8000-000000000000'
  const time = '2026-11-22T00:00:00.000Z'
  const pupil = toAttributeValues(
    newItem(
      pupils,
      {
        ...{ id, name: 'Ada Lovelace', email: 'ada@example.org', rollNo: '42', age: 36 },
        ...{ createdAt: time, updatedAt: time },
      },
      id,
    ),
  )
  const members = Object.entries(jwk).map(([name, value]) => [name, text(String(value))])
  const key = { use: text('sig'), kid: text(kid), jwk: { M: Object.fromEntries(members) } }
  return {
    'Query keys': { Items: [key], Count: 1 },
    'GetItem sessions': { Item: session },
    'GetItem pupils': { Item: pupil },
    'Query pupils': { Items: Array.from({ length: 25 }, () => pupil), Count: 25 },
  }
}

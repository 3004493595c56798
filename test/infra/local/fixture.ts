import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Runner, type RunnerOptions, startRunner } from '../../../infra/local/runner.ts'
import { slowness } from '../../machine.ts'

/** A directory for this test file, removed when the process ends. */
export const scratch = mkdtempSync(join(tmpdir(), 'portcullis-local-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Sends one call to AWS as the SDK would, with the credentials of the environment. */
const aws = `
  import { request } from 'node:http'
  const send = async (service, path, headers, body) => {
    const { env } = process
    const endpoint = env['AWS_ENDPOINT_URL_' + service.toUpperCase()] ?? env.AWS_ENDPOINT_URL
    const credential = env.AWS_ACCESS_KEY_ID + '/20260101/us-east-1/' + service + '/aws4_request'
    const { hostname, port } = new URL(endpoint)
    const options = {
      hostname,
      port,
      path,
      method: 'POST',
      headers: {
        ...headers,
        'x-amz-date': '20260101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=' + credential + ', SignedHeaders=host, Signature=x',
        'content-length': Buffer.byteLength(body ?? ''),
      },
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(options, async (answer) => {
        let text = ''
        for await (const chunk of answer.setEncoding('utf8')) text += chunk
        resolve({ status: answer.statusCode, text })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
  const aws = async (target, body) => {
    const service = target.startsWith('secretsmanager') ? 'secretsmanager' : 'dynamodb'
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target }
    const { status, text } = await send(service, '/', headers, JSON.stringify(body))
    const result = JSON.parse(text)
    if (status !== 200) throw Object.assign(new Error(result.message), { name: result.__type.replace(/.*#/, '') })
    return result
  }
  const dynamodb = (operation, body) => aws('DynamoDB_20120810.' + operation, body)
`

const handlers: Record<string, string> = {
  // Answers with the event or, if sent a body, does what that asks for.
  things: `${aws}
    let served = 0
    const commands = {
      echo: (event, context) => ({ event, context: { ...context, left: context.getRemainingTimeInMillis() } }),
      env: () => process.env,
      served: () => ++served,
      now: () => ({ now: Date.now(), date: new Date().toISOString(), text: Date(), kind: new Date(0) instanceof Date }),
      sleep: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, 'slept')),
      forever: () => new Promise(() => setInterval(() => {}, 1000)),
      exit: ({ status }) => process.exit(status),
      crash: () => new Promise(() => setTimeout(() => { throw new Error('out of the blue') })),
      throw: ({ message }) => { throw new Error(message) },
      log: ({ lines }) => { for (const line of lines) console.log(line); process.stdout.write('{"raw":true}\\n') },
      dynamodb: ({ operation, request }) => dynamodb(operation, request),
      send: ({ service, path, headers, body }) => send(service, path ?? '/', headers ?? {}, body),
      secrets: ({ operation, request }) => aws('secretsmanager.' + operation, request),
    }
    export const handler = async (event, context) => {
      if (event.command) return commands[event.command](event, context)
      if (event.resource === '/raw') return JSON.parse(event.body)
      if (event.resource === '/do') {
        const request = JSON.parse(event.body)
        return { statusCode: 200, body: JSON.stringify(await commands[request.command](request, context)) }
      }
      return { statusCode: 200, body: JSON.stringify(event) }
    }`,
  authorizer: `
    let calls = 0
    const allow = (Resource, Effect = 'Allow') =>
      ({ Version: '2012-10-17', Statement: [{ Effect, Action: 'execute-api:Invoke', Resource }] })
    export const handler = async ({ authorizationToken, methodArn }) => {
      calls += 1
      const answer = { principalId: 'someone', policyDocument: allow('*'), context: { calls, yes: true } }
      switch (authorizationToken) {
        case 'Bearer all': return answer
        case 'Bearer this': return { ...answer, policyDocument: allow(methodArn) }
        case 'Bearer exact': return { ...answer, policyDocument: allow('arn:aws:execute-api:*/GET/things') }
        case 'Bearer other': return { ...answer, policyDocument: allow('arn:aws:execute-api:*/GET/other') }
        case 'Bearer deny': return { ...answer, policyDocument: allow('*', 'Deny') }
        case 'Bearer context': return { ...answer, context: { list: [] } }
        case 'Bearer policy': return { ...answer, policyDocument: {} }
        case 'Bearer boom': throw new Error('boom')
        default: throw new Error('Unauthorized')
      }
    }`,
  'rotate-keys': `${aws}
    const steps = {
      createSecret: ({ SecretId, ClientRequestToken }) => aws('secretsmanager.PutSecretValue', {
        SecretId, ClientRequestToken, SecretString: 'value ' + ClientRequestToken, VersionStages: ['AWSPENDING'],
      }),
      setSecret: () => {},
      testSecret: async ({ SecretId }) => {
        if (process.env.BREAK === 'yes') throw new Error('does not work')
        await aws('secretsmanager.GetSecretValue', { SecretId, VersionStage: 'AWSPENDING' })
      },
      finishSecret: async ({ SecretId, ClientRequestToken }) => {
        const { VersionIdsToStages } = await aws('secretsmanager.DescribeSecret', { SecretId })
        const [from] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
        await aws('secretsmanager.UpdateSecretVersionStage', {
          SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: from,
        })
      },
    }
    export const handler = async (event) => { await steps[event.Step](event) }`,
  // Keeps what it was given; fails on records with the key 'poison'.
  'on-removed': `
    const seen = []
    export const handler = async (event) => {
      if (event.command === 'seen') return seen
      for (const { eventName, dynamodb } of event.Records) {
        const id = dynamodb.Keys.id.S
        if (id.startsWith('poison')) throw new Error('cannot digest ' + id)
        seen.push(eventName + ' ' + id)
      }
    }`,
  // Keeps what it was given; reports the records with the key 'poison' as failed, each time.
  'on-written': `
    const seen = []
    export const handler = async (event) => {
      if (event.command === 'seen') return seen
      const failed = event.Records.find(({ dynamodb }) => dynamodb.Keys.id.S === 'poison')
      for (const record of event.Records) {
        if (record === failed) break
        seen.push(record.dynamodb.Keys.id.S)
      }
      const itemIdentifier = failed?.dynamodb.SequenceNumber
      return { batchItemFailures: failed ? [{ itemIdentifier }] : [] }
    }`,
}

/** Synthesizes the tests' own small stack and answers its cloud assembly. */
export async function synthesize(): Promise<string> {
  process.env.CDK_VALIDATION = 'false'
  const { buildDemo } = await import('./fixture-stack.ts')
  const outdir = join(scratch, 'cdk.out')
  const code = (name: string) => {
    const directory = join(scratch, 'code', name)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'index.mjs'), handlers[name] ?? '')
    return directory
  }
  buildDemo(outdir, code)
  return outdir
}

// biome-ignore lint/suspicious/noExplicitAny: tests reach wherever they like
export type Json = any

export async function jsonOf(answer: Response): Promise<Json> {
  return answer.json()
}

export interface EditableTemplate {
  Resources: Record<string, { Type: string; Properties: Json; DependsOn?: string[] }>
  Parameters: Record<string, unknown>
  Conditions?: Record<string, unknown>
}

let copies = 0

/** A copy of an assembly with a changed template. */
export function edited(assembly: string, change: (template: EditableTemplate) => void): string {
  const copy = join(scratch, `copy-${copies++}.out`)
  cpSync(assembly, copy, { recursive: true })
  const file = join(copy, 'Demo.template.json')
  const template = JSON.parse(readFileSync(file, 'utf8')) as EditableTemplate
  change(template)
  writeFileSync(file, JSON.stringify(template))
  return copy
}

/** The resource of a type, with a property where that is needed to tell it. */
export function resource(
  { Resources }: EditableTemplate,
  type: string,
  properties: Record<string, unknown> = {},
) {
  const found = Object.values(Resources).find(
    (candidate) =>
      candidate.Type === type &&
      Object.entries(properties).every(([name, value]) => candidate.Properties?.[name] === value),
  )
  if (found === undefined) throw new Error(`the template has no ${type}`)
  return found
}

export interface Started extends Runner {
  lines: string[]
  /** Sends a command to the function behind `POST /do`. */
  command(name: string, parameters?: object): Promise<Json>
}

/** Starts a runner that keeps its log lines. */
export async function start(options: RunnerOptions): Promise<Started> {
  const lines: string[] = []
  const given = { patience: slowness(), log: (line: string) => lines.push(line), ...options }
  const runner = await startRunner(given)
  return Object.assign(Object.create(runner) as Runner, {
    lines,
    command: (name: string, parameters: object = {}) =>
      runner.invoke('things', { command: name, ...parameters }),
  })
}

/** Waits until a condition holds. */
export async function until<T>(probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + 60_000 * slowness()
  for (;;) {
    const value = await probe()
    if (value) return value
    if (performance.now() > deadline) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

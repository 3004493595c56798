import { createHash, createHmac } from 'node:crypto'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signer } from '../../functions/store/signature.ts'

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }
const signingDate = new Date('2026-11-22T23:59:59.999Z')

/** The SDK's own signer says what is right. */
const sdk = new SignatureV4({
  credentials: async () => environmentCredentials(),
  region: 'eu-central-1',
  service: 'dynamodb',
  sha256: class {
    private readonly hash
    constructor(secret?: unknown) {
      this.hash = secret ? createHmac('sha256', secret as Buffer) : createHash('sha256')
    }
    update(data: Uint8Array) {
      this.hash.update(data)
    }
    async digest() {
      return this.hash.digest()
    }
    reset() {}
  },
  applyChecksum: false,
})

function environmentCredentials() {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  }
}

function request(changes: Partial<HttpRequest> = {}) {
  return new HttpRequest({
    method: 'POST',
    protocol: 'https:',
    hostname: 'dynamodb.eu-central-1.amazonaws.com',
    path: '/',
    body: '{"TableName":"table"}',
    ...changes,
    headers: {
      host: `dynamodb.eu-central-1.amazonaws.com${changes.port ? `:${changes.port}` : ''}`,
      'content-type': 'application/x-amz-json-1.0',
      'X-Amz-Target': 'DynamoDB_20120810.GetItem',
      ...changes.headers,
    },
  })
}

const options = { signingDate, signingRegion: 'eu-central-1', signingService: 'dynamodb' }

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
  vi.stubEnv('AWS_SESSION_TOKEN', credentials.sessionToken)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

async function same(changes: Partial<HttpRequest> = {}, more: object = {}) {
  const theirs = await sdk.sign(request(changes), { ...options, ...more })
  const ours = await signer.sign(request(changes), { ...options, ...more })
  expect(ours.headers).toEqual(theirs.headers)
}

test.each([
  ['a request', {}],
  ['a port', { port: 8000 }],
  ['a body beyond ASCII', { body: '{"name":"Žofie 🎓"}' }],
  ['a body of bytes', { body: new TextEncoder().encode('{"name":"Žofie"}') }],
  ['no body', { body: undefined }],
  ['blanks in a header', { headers: { 'x-amz-meta': '  two   blanks ' } }],
  ['more headers of AWS', { headers: { 'x-amz-api-version': '2', 'X-Amz-Anything': 'a' } }],
])('%s is signed as the SDK signs it', (_, changes) => same(changes))

test('the key of another day, region or service is another one', async () => {
  await same()
  await same({}, { signingDate: new Date('2026-11-23T00:00:00Z') })
  await same({}, { signingRegion: 'us-east-1' })
  await same({}, { signingService: 'secretsmanager' })
  await same()
})

test('without a session token none is sent', async () => {
  vi.stubEnv('AWS_SESSION_TOKEN', undefined)
  await same()
})

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withoutTime } from '../../../time.ts'
import { edited, type Json, jsonOf, resource, type Started, start, synthesize } from '../fixture.ts'

let assembly: string
let runner: Started

beforeAll(async () => {
  assembly = await synthesize()
  runner = await start({ assembly, parameters: (origin) => ({ PublicUrl: origin }) })
})
afterAll(() => runner?.stop())

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(runner.origin + path, { headers })
const withToken = (token: string, path = '/things') => get(path, { authorization: token })
const raw = (result: unknown, headers: Record<string, string> = {}) =>
  fetch(`${runner.origin}/raw`, { method: 'POST', body: JSON.stringify(result), headers })

/** Sends bytes and answers what comes back until the connection is closed. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(runner.origin).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
}

describe('the event', () => {
  test('is that of a REST proxy integration', async () => {
    const answer = await get('/echo/a%2Fb%20c?x=1&y=2&x=3%204&z', {
      'x-forwarded-for': '192.0.2.1',
    })
    const event = await jsonOf(answer)
    expect(event).toMatchObject({
      resource: '/echo/{id}',
      path: '/echo/a%2Fb%20c',
      httpMethod: 'GET',
      pathParameters: { id: 'a%2Fb%20c' },
      queryStringParameters: { x: '3 4', y: '2', z: '' },
      multiValueQueryStringParameters: { x: ['1', '3 4'], y: ['2'], z: [''] },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
      requestContext: {
        stage: 'prod',
        path: '/echo/a%2Fb%20c',
        resourcePath: '/echo/{id}',
        identity: { sourceIp: '127.0.0.1' },
        domainName: new URL(runner.origin).host,
        requestId: answer.headers.get('x-amzn-requestid'),
      },
    })
    expect(event.headers['X-Forwarded-For']).toBe('192.0.2.1, 127.0.0.1')
    expect(event.requestContext.authorizer).toBeUndefined()
  })

  test('has null where there is nothing', async () => {
    const event = await jsonOf(await get('/echo'))
    expect(event.queryStringParameters).toBeNull()
    expect(event.multiValueQueryStringParameters).toBeNull()
    expect(event.pathParameters).toBeNull()
  })

  test('keeps every line of a repeated header, and the last as its value', async () => {
    const answer = await send(
      'GET /echo HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n',
    )
    const event = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as Json
    expect(event.multiValueHeaders['X-A']).toEqual(['1', '2'])
    expect(event.headers['X-A']).toBe('2')
    expect(event.headers.Connection).toBeUndefined()
  })

  test('has binary bodies in base64 only for binary media types', async () => {
    const binary = edited(assembly, (template) => {
      const { Body } = resource(template, 'AWS::ApiGateway::RestApi').Properties
      Body['x-amazon-apigateway-binary-media-types'] = ['image/*']
    })
    const second = await start({ assembly: binary })
    const post = async (type: string) => {
      const body = Buffer.from([0x68, 0x69])
      const headers = { 'content-type': type }
      const answer = await fetch(`${second.origin}/echo`, { method: 'POST', body, headers })
      const { body: received, isBase64Encoded } = await jsonOf(answer)
      return [received, isBase64Encoded]
    }
    expect(await post('image/png')).toEqual(['aGk=', true])
    expect(await post('text/plain')).toEqual(['hi', false])
    await second.stop()
  })
})

describe('routes', () => {
  test('take any of the seven methods by ANY, HEAD and OPTIONS too', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`${runner.origin}/echo`, { method })
      expect((await jsonOf(answer)).httpMethod).toBe(method)
    }
    const head = await fetch(`${runner.origin}/echo`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBeNull()
  })

  test('that are unknown answer what the template says, with the default message', async () => {
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['DELETE', '/things'],
      ['GET', '/things/'],
      ['GET', '/prod/echo'],
      ['GET', '/'],
    ] as const) {
      const answer = await fetch(runner.origin + path, { method })
      expect([path, answer.status]).toEqual([path, 404])
      expect(await jsonOf(answer)).toEqual({ message: 'Missing Authentication Token' })
    }
  })

  test('refuse malformed percent-encoding in path and query', async () => {
    for (const path of ['/echo/%zz', '/echo?x=%', '/echo?%ff=1']) {
      expect([path, (await get(path)).status]).toEqual([path, 400])
    }
  })
})

describe('limits', () => {
  test('malformed HTTP has an answer in the form of a gateway response', async () => {
    const answer = await send('GET /echo HTTP/1.1\r\nbroken\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('{"message":"Bad Request"}')
  })

  test('a request without a Host is refused', async () => {
    expect(await send('GET /echo HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
  })

  test('10,240 bytes of request line and headers', async () => {
    expect((await get('/echo', { 'x-large': 'x'.repeat(9000) })).status).toBe(200)
    expect((await get('/echo', { 'x-large': 'x'.repeat(11_000) })).status).toBe(413)
  })

  test('10 MB of body', async () => {
    const post = (size: number) =>
      fetch(`${runner.origin}/raw`, { method: 'POST', body: 'x'.repeat(size) })
    expect((await post(10 * 1024 * 1024 + 1)).status).toBe(413)
  })

  test('the stage throttles a method by a token bucket on the platform’s clock', async () => {
    const statuses = async () => {
      const answers = await Promise.all([1, 2, 3].map(() => get('/limited')))
      return answers.map(({ status }) => status).sort()
    }
    await withoutTime(runner.clock, async () => {
      expect(await statuses()).toEqual([200, 200, 429])
      runner.clock.advance(5000)
      expect(await statuses()).toEqual([200, 200, 429])
    })
    expect((await get('/echo')).status).toBe(200)
  })

  test('each method that ANY stands for has a bucket of its own', async () => {
    const status = async (method: string) =>
      (await fetch(`${runner.origin}/limited-any`, { method })).status
    await withoutTime(runner.clock, async () => {
      expect([await status('GET'), await status('GET'), await status('PUT')]).toEqual([
        200, 429, 200,
      ])
      expect([await status('PUT'), await status('PATCH'), await status('PATCH')]).toEqual([
        429, 200, 200,
      ])
    })
  })
})

describe('the authorizer', () => {
  test('is not asked without a token, or with one of another form', async () => {
    const before = (await jsonOf(await withToken('Bearer this'))).requestContext.authorizer.calls
    const missing = await get('/things', { origin: 'https://example.com' })
    expect(missing.status).toBe(401)
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="demo"')
    expect(missing.headers.get('content-type')).toBe('application/problem+json')
    expect(missing.headers.get('x-origin')).toBe('https://example.com')
    const requestId = missing.headers.get('x-amzn-requestid')
    expect(missing.headers.get('x-request-id')).toBe(requestId)
    expect(await jsonOf(missing)).toEqual({ detail: 'Unauthorized', requestId })
    for (const token of ['', 'Bearer', 'Basic abc', 'xBearer y']) {
      expect([token, (await withToken(token)).status]).toEqual([token, 401])
    }
    runner.clock.advance(301_000)
    const after = (await jsonOf(await withToken('Bearer this'))).requestContext.authorizer.calls
    expect(Number(after)).toBe(Number(before) + 1)
  })

  test('two Authorization lines are no token', async () => {
    const line = 'Authorization: Bearer all\r\n'
    const answer = await send(
      `GET /things HTTP/1.1\r\nHost: localhost\r\n${line}${line}Connection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 401 /)
  })

  test('gives its context as strings', async () => {
    const event = await jsonOf(await withToken('Bearer all'))
    expect(event.requestContext.authorizer).toMatchObject({ principalId: 'someone', yes: 'true' })
    expect(event.requestContext.authorizer.calls).toMatch(/^\d+$/)
  })

  test('is asked once within its TTL', async () => {
    const calls = async () =>
      (await jsonOf(await withToken('Bearer all'))).requestContext.authorizer.calls
    const first = await calls()
    expect(await calls()).toBe(first)
    runner.clock.advance(301_000)
    expect(await calls()).not.toBe(first)
  })

  test('a policy of only the method at hand is caught on the next route', async () => {
    expect((await withToken('Bearer this', '/things')).status).toBe(200)
    const other = await withToken('Bearer this', '/things/1')
    expect(other.status).toBe(403)
    expect(await jsonOf(other)).toEqual({
      message: 'User is not authorized to access this resource',
    })
  })

  test('what it does not allow or denies is a 403', async () => {
    const implicit = await withToken('Bearer other')
    expect(implicit.status).toBe(403)
    const explicit = await withToken('Bearer deny')
    expect((await jsonOf(explicit)).message).toContain('with an explicit deny')
  })

  test('only a throw of exactly Unauthorized is a 401', async () => {
    expect((await withToken('Bearer nobody')).status).toBe(401)
    const boom = await withToken('Bearer boom')
    expect([boom.status, await jsonOf(boom)]).toEqual([500, { message: null }])
  })

  test('a bad policy or context is a 500', async () => {
    for (const token of ['Bearer policy', 'Bearer context']) {
      const answer = await withToken(token)
      expect([token, answer.status]).toEqual([token, 500])
      expect(answer.headers.get('x-amzn-errortype')).toBe('AuthorizerConfigurationException')
    }
  })
})

describe('the answer', () => {
  test('has the headers of both kinds, and JSON as its default type', async () => {
    const answer = await raw({
      statusCode: 201,
      headers: { 'X-One': 'a', 'X-Number': 5 },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-One': ['b'] },
      body: '{}',
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(answer.headers.get('x-one')).toBe('b, a')
    expect(answer.headers.get('x-number')).toBe('5')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('x-amz-apigw-id')).not.toBeNull()
  })

  test('has the headers renamed that a REST API renames', async () => {
    const headers = { 'WWW-Authenticate': 'Bearer', Date: 'x', Server: 's', ETag: '"1"' }
    const answer = await raw({ statusCode: 401, headers })
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(answer.headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('x-amzn-remapped-date')).toBe('x')
    expect(answer.headers.get('x-amzn-remapped-server')).toBe('s')
    expect(answer.headers.get('etag')).toBe('"1"')
  })

  test.each([
    ['null', null],
    ['a string', 'ok'],
    ['a list', []],
    ['no status', { body: 'x' }],
    ['a body that is an object', { statusCode: 200, body: {} }],
    ['a status out of range', { statusCode: 99 }],
    ['a header with a line break', { statusCode: 200, headers: { a: 'b\r\nc: d' } }],
    ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
    ['a flag that is not a boolean', { statusCode: 200, isBase64Encoded: 'yes' }],
  ])('that is malformed is a 502: %s', async (_, result) => {
    const answer = await raw(result)
    expect([answer.status, await jsonOf(answer)]).toEqual([
      502,
      { message: 'Internal server error' },
    ])
  })

  test('of an exception is a 502 that tells nothing', async () => {
    const body = JSON.stringify({ command: 'throw', message: 'the secret reason' })
    const answer = await fetch(`${runner.origin}/do`, { method: 'POST', body })
    expect([answer.status, await answer.text()]).toEqual([
      502,
      '{"message":"Internal server error"}',
    ])
    expect(runner.lines.join('\n')).toContain('the secret reason')
  })

  test('stays base64 unless the client accepts a binary type', async () => {
    const result = { statusCode: 200, body: 'aGk=', isBase64Encoded: true }
    expect(await (await raw(result, { accept: 'image/png' })).text()).toBe('aGk=')
    const binary = edited(assembly, (template) => {
      const { Body } = resource(template, 'AWS::ApiGateway::RestApi').Properties
      Body['x-amazon-apigateway-binary-media-types'] = ['image/png']
    })
    const second = await start({ assembly: binary })
    const ask = async (accept: string) => {
      const init = { method: 'POST', body: JSON.stringify(result), headers: { accept } }
      return (await fetch(`${second.origin}/raw`, init)).text()
    }
    expect(await ask('image/png')).toBe('hi')
    expect(await ask('text/html, image/png')).toBe('aGk=')
    await second.stop()
  })

  test('is compressed from the minimum size on when the client accepts gzip', async () => {
    const ask = async (length: number) => {
      const body = JSON.stringify({ statusCode: 200, body: 'x'.repeat(length) })
      const head = `POST /raw HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
      return send(head + body)
    }
    expect(await ask(999)).not.toMatch(/content-encoding/i)
    expect(await ask(1000)).toMatch(/Content-Encoding: gzip/)
    const answer = await raw({ statusCode: 200, body: 'y'.repeat(2000) })
    expect(await answer.text()).toBe('y'.repeat(2000))
  })

  test('is written to the access log in the stage’s format', async () => {
    const answer = await withToken('Bearer all')
    const id = answer.headers.get('x-amzn-requestid')
    const line = runner.lines.find((candidate) => candidate.includes(`"id":"${id}"`))
    expect(JSON.parse(line ?? '')).toEqual({ id, status: '200', path: '/things', user: 'someone' })
    const unknown = (await get('/nothing')).headers.get('x-amzn-requestid')
    expect(runner.lines.find((l) => l.includes(`${unknown}`))).toContain('"user":"-"')
  })
})

test('without a permission the gateway may not invoke the function', async () => {
  const closed = edited(assembly, (template) => {
    const { paths } = resource(template, 'AWS::ApiGateway::RestApi').Properties.Body
    const [, other] = Object.keys(template.Resources).filter(
      (id) => template.Resources[id]?.Type === 'AWS::IAM::Role',
    )
    paths['/limited'].get['x-amazon-apigateway-integration'].credentials = {
      'Fn::GetAtt': [other, 'Arn'],
    }
  })
  const second = await start({ assembly: closed })
  expect((await fetch(`${second.origin}/limited`)).status).toBe(500)
  expect((await fetch(`${second.origin}/echo`)).status).toBe(200)
  expect(second.lines.join('\n')).toContain('Invalid permissions on Lambda function')
  await second.stop()
})

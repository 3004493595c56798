import { expect, test } from 'vitest'
import type { Exchange } from '../../../../infra/local/gateway/exchange.ts'
import { compileResponder } from '../../../../infra/local/gateway/gateway-responses.ts'
import type { GatewayResponseModel } from '../../../../infra/local/model.ts'

const exchange = (headers: [string, string][] = []) =>
  ({
    requestId: 'id-1',
    headers,
    query: 'q=1',
    authorizer: { principalId: 'ann' },
    api: { stage: 'prod', stageVariables: {} },
  }) as unknown as Exchange

const model = (type: string, rest: Partial<GatewayResponseModel>): GatewayResponseModel => {
  return { type, statusCode: undefined, headers: {}, templates: {}, ...rest }
}

test('the defaults are AWS’s', () => {
  const respond = compileResponder([])
  const reply = respond(exchange(), 'MISSING_AUTHENTICATION_TOKEN')
  expect(reply.status).toBe(403)
  expect(reply.body.toString()).toBe('{"message":"Missing Authentication Token"}')
  expect(reply.headers).toEqual([
    ['x-amzn-ErrorType', 'MissingAuthenticationTokenException'],
    ['Content-Type', 'application/json'],
  ])
  expect(respond(exchange(), 'AUTHORIZER_FAILURE').body.toString()).toBe('{"message":null}')
})

test('a response of its own type wins, then the default of its class with its status', () => {
  const respond = compileResponder([
    model('UNAUTHORIZED', { headers: { A: "'own'" } }),
    model('DEFAULT_4XX', { statusCode: 418, headers: { A: "'class'" } }),
  ])
  expect(respond(exchange(), 'UNAUTHORIZED')).toMatchObject({ status: 401 })
  expect(respond(exchange(), 'UNAUTHORIZED').headers).toContainEqual(['A', 'own'])
  expect(respond(exchange(), 'THROTTLED')).toMatchObject({ status: 418 })
  expect(respond(exchange(), 'THROTTLED').headers).toContainEqual(['A', 'class'])
  expect(respond(exchange(), 'DEFAULT_5XX').status).toBe(502)
})

test('templates and headers see the context', () => {
  const respond = compileResponder([
    model('ACCESS_DENIED', {
      headers: {
        Id: 'context.requestId',
        Origin: 'method.request.header.origin',
        Query: 'method.request.querystring.q',
        Absent: 'method.request.header.nothing',
      },
      templates: {
        'application/json':
          '{"m":$context.error.messageString,"t":"$context.error.responseType","s":$context.status,"who":"$context.authorizer.principalId","none":"$context.authorizer.none"}',
      },
    }),
  ])
  const reply = respond(exchange([['ORIGIN', 'https://a']]), 'ACCESS_DENIED', 'say "no"')
  expect(JSON.parse(reply.body.toString())).toEqual({
    m: 'say "no"',
    t: 'ACCESS_DENIED',
    s: 403,
    who: 'ann',
    none: '',
  })
  expect(reply.headers.slice(1)).toEqual([
    ['Id', 'id-1'],
    ['Origin', 'https://a'],
    ['Query', '1'],
    ['Content-Type', 'application/json'],
  ])
})

test('the template is chosen by what the client accepts, JSON when in doubt', () => {
  const templates = { 'text/html': '<p>', 'application/json': '{}' }
  const respond = compileResponder([model('THROTTLED', { templates })])
  const body = (accept: string) =>
    respond(exchange([['accept', accept]]), 'THROTTLED').body.toString()
  expect(body('text/html,*/*')).toBe('<p>')
  expect(body('*/*')).toBe('{}')
})

test('what is not understood is refused', () => {
  const load =
    (rest: Partial<GatewayResponseModel>, type = 'THROTTLED') =>
    () =>
      compileResponder([model(type, rest)])
  expect(load({ headers: { A: 'static' } })).toThrow('maps static')
  expect(load({ templates: { 'application/json': '#set($x = 1)' } })).toThrow('VTL')
  expect(load({}, 'TEAPOT')).toThrow('TEAPOT is not known')
})

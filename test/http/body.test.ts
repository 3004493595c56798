import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { maxBodyBytes, parseBody } from '../../functions/http/body.ts'
import type { Route } from '../../functions/model/route.ts'
import { revocation } from '../../functions/routes/oauth-routes.ts'
import { signup } from '../../functions/routes/signup-routes.ts'
import { event } from './event.ts'

const route: Route = { ...signup, body: () => z.strictObject({ a: z.int() }) }

function parse(bytes: string | Buffer, type = 'application/json', on = route) {
  const body = Buffer.from(bytes).toString('base64')
  const multiValueHeaders = type === '' ? {} : { 'content-TYPE': [type] }
  return parseBody(event({ body, isBase64Encoded: true, multiValueHeaders }), on)
}

describe('parseBody', () => {
  test('answers the parsed body and the bytes that were sent', () => {
    expect(parse('\ufeff{"a": 1}')).toEqual({
      body: { a: 1 },
      rawBody: Buffer.from('\ufeff{"a": 1}'),
    })
  })

  test('reads bodies that the gateway did not encode', () => {
    const multiValueHeaders = { 'Content-Type': ['application/json'] }
    const plain = event({ body: '{"a":1}', isBase64Encoded: false, multiValueHeaders })
    expect(parseBody(plain, route).body).toEqual({ a: 1 })
  })

  test.each([
    ['payload_too_large', 'x'.repeat(maxBodyBytes + 1), 'text/plain'],
    ['bad_request', '', 'text/plain'],
    ['unsupported_media_type', Buffer.from([0xff]), 'text/plain'],
    ['unsupported_media_type', '{"a":1}', ''],
    ['unsupported_media_type', '{"a":1}', 'application/json, application/json'],
    ['unsupported_media_type', '{"a":1}', ' application/json'],
    ['bad_request', Buffer.from([0x22, 0xff, 0x22]), 'application/json'],
    ['bad_request', '{"a":', 'application/json'],
    ['bad_request', '{"__proto__":{"a":1}}', 'application/json'],
  ])('%s', (code, bytes, type) => {
    expect(() => parse(bytes, type)).toThrow(expect.objectContaining({ code }))
  })

  test('tells bytes that are not UTF-8 from text that is not JSON', () => {
    expect(() => parse(Buffer.from([0xff]))).toThrow('The body is not valid UTF-8.')
    expect(() => parse('{')).toThrow('The body is not well-formed JSON.')
    expect(() => parse('')).toThrow('A JSON body is required.')
  })

  test.each(['{"a":{"__proto__":1}}', '{"constructor":{"prototype":1}}'])(
    'says that %s could reach prototypes',
    (text) => {
      expect(() => parse(text)).toThrow('must not have a member `__proto__`')
    },
  )

  const form: Route = { ...revocation, body: () => z.strictObject({ token: z.string() }) }
  const formType = 'application/x-www-form-urlencoded'

  test('looks at the media type of a form before its bytes', () => {
    const code = 'unsupported_media_type'
    for (const type of ['application/json', ''])
      expect(() => parse(Buffer.from([0xff]), type, form)).toThrow(
        expect.objectContaining({ code }),
      )
    expect(() => parse(Buffer.from([0xff]), formType, form)).toThrow('not valid UTF-8')
  })

  test('takes a question mark before a form for a part of the first name', () => {
    expect(parse('?token=x&token=y', formType, form).body).toEqual({ token: 'y' })
  })

  test('leaves a body be that the route does not read, or may lack', () => {
    const { body: _body, ...bodiless } = route
    expect(parse('{"more": 1}', 'application/json', bodiless).body).toBeUndefined()
    expect(() => parse('not JSON', 'application/json', bodiless)).toThrow('not well-formed')
    expect(parse('', '', { ...route, bodyOptional: true }).body).toBeUndefined()
  })

  test('does not pollute prototypes', () => {
    const open: Route = { ...route, body: () => z.record(z.string(), z.unknown()) }
    expect(() => parse('{"b": {"__proto__": {"polluted": 1}}}', undefined, open)).toThrow(
      expect.objectContaining({ code: 'bad_request' }),
    )
  })
})

import { describe, expect, test } from 'vitest'
import { unique, useApi } from './harness.ts'
import { pupil } from './pupil.ts'
import { runScenarios, type Scenario } from './scenarios.ts'

const pupils = '/api/v1/pupils'
const summits = '/api/v1/summits'
const json = { 'Content-Type': 'application/json' }
const large = 'x'.repeat(100 * 1024 + 1)

const api = useApi()

function run(list: readonly Scenario[]): void {
  runScenarios(api, list)
}

describe('bodies', () => {
  const whole = JSON.stringify(pupil())
  const padded = (size: number) => `${whole.slice(0, -1)}${' '.repeat(size - whole.length)}}`
  const sent = (body: unknown, contentType = 'application/json') => ({
    call: `POST ${pupils}`,
    as: 'member' as const,
    body,
    headers: { 'Content-Type': contentType },
  })
  const bad = { status: 400, code: 'bad_request' }
  run([
    { name: 'have at most 100 KiB', ...sent(padded(100 * 1024 + 1)), status: 413 },
    { name: 'may have 100 KiB', ...sent(padded(100 * 1024)), status: 201 },
    {
      name: 'are too large for a route that reads none, too',
      call: 'POST /api/v1/auth/logout',
      as: 'member',
      body: large,
      status: 413,
    },
    ...['text/plain', 'application/jsonp', 'text/json', 'application/xml+jsonx', 'json', '*/*'].map(
      (type) => ({
        name: `are not ${type}`,
        ...sent(JSON.stringify(pupil()), type),
        status: 415,
        code: 'unsupported_media_type',
      }),
    ),
    ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/merge-patch+json'].map(
      (type) => ({
        name: `may be ${type}`,
        ...sent(JSON.stringify(pupil()), type),
        status: 201,
      }),
    ),
    {
      name: 'are not compressed',
      ...sent(JSON.stringify(pupil())),
      headers: { ...json, 'Content-Encoding': 'gzip' },
      status: 415,
      code: 'unsupported_media_type',
    },
    ...['auth/logout', 'auth/token'].map((path) => ({
      name: `are not compressed at ${path} either`,
      call: `POST /api/v1/${path}`,
      as: 'member' as const,
      body: '{}',
      headers: {
        'Content-Type':
          path === 'auth/token' ? 'application/x-www-form-urlencoded' : json['Content-Type'],
        'Content-Encoding': 'gzip',
      },
      status: 415,
      code: 'unsupported_media_type',
    })),
    {
      name: 'are well-formed for a route that reads none, too',
      call: 'POST /api/v1/auth/logout',
      as: 'member',
      body: '{',
      ...bad,
    },
    {
      name: 'may say that they are not compressed',
      ...sent(JSON.stringify(pupil())),
      headers: { ...json, 'Content-Encoding': 'identity' },
      status: 201,
    },
    { name: 'are not missing', call: `POST ${pupils}`, as: 'member', ...bad },
    { name: 'are not empty', ...sent(''), headers: { ...json, 'Content-Length': '0' }, ...bad },
    ...['{', '{"a": 1,}', "{'a': 1}", 'NaN', '{"a": 01}', '\u0000', '{}{}', '// x\n{}'].map(
      (text) => ({
        name: `are not ${JSON.stringify(text)}`,
        ...sent(text),
        ...bad,
      }),
    ),
    { name: 'are UTF-8', ...sent(Buffer.from('{"name": "Zo\xeb"}', 'latin1')), ...bad },
    { name: 'are not UTF-16', ...sent(Buffer.from(`\ufeff${whole}`, 'utf16le')), ...bad },
    { name: 'hold no surrogates as bytes', ...sent(Buffer.from('2261eda08022', 'hex')), ...bad },
    {
      name: 'may begin with a byte order mark',
      ...sent(`\ufeff${JSON.stringify(pupil())}`),
      status: 201,
    },
    ...['null', '[]', '"x"', '1', 'true'].map((text) => ({
      name: `are objects, not ${text}`,
      ...sent(text),
      status: 422,
      code: 'validation_failed',
      faults: [''],
    })),
    {
      name: 'name no field that is not declared',
      ...sent('{"toString": {"age": 20}, "constructor": 1, "name": "Ada", "age": "1"}'),
      status: 422,
      faults: ['/toString', '/constructor', '/email', '/rollNo', '/age'],
    },
    {
      name: 'have no member named __proto__',
      ...sent('{"__proto__": {"age": 20}, "name": "Ada"}'),
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'are refused when they are nested too deep to be read',
      ...sent(`{"bogus": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'count the last of two equal keys',
      ...sent(JSON.stringify(pupil()).replace('"age":20', '"age":"x","age":21')),
      status: 201,
      holds: { age: 21 },
    },
  ])

  test('lone surrogates are no characters', async () => {
    const { token } = api.member
    for (const name of ['\\ud800', 'x\\udfffy', '\\udc00\\ud800']) {
      const body = JSON.stringify(pupil({ name: 'NAME' })).replace('NAME', name)
      const answer = await api.call(`POST ${pupils}`, { token, body })
      expect([answer.status, answer.body.errors]).toEqual([
        422,
        [{ pointer: '/name', detail: 'must be well-formed Unicode' }],
      ])
    }
  })
})

describe('text', () => {
  const long = '🏔'.repeat(100)
  const kept = [' Ada ', 'Zoë', 'Zoë', long, '\u200bx', '<b>&"\\', 'null', '~', '_rev']
  const refused = [
    '',
    ' ',
    '\u00a0\u3000',
    'a\nb',
    'a\tb',
    '\u0000',
    'x\u007f',
    '\u0085',
    `${long}x`,
  ]
  run([
    ...kept.map((name) => ({
      name: `is stored as sent: ${JSON.stringify(name).slice(0, 20)}`,
      call: `POST ${pupils}`,
      as: 'member' as const,
      body: pupil({ name }),
      status: 201,
      holds: { name },
    })),
    ...refused.map((name) => ({
      name: `is refused: ${JSON.stringify(name).slice(0, 20)}`,
      call: `POST ${pupils}`,
      as: 'member' as const,
      body: pupil({ name }),
      status: 422,
      code: 'validation_failed',
    })),
    ...[
      'a',
      'a@b',
      '@b.org',
      'a@.org',
      'a b@c.org',
      'a@b.org\n',
      ' a@b.org',
      `${'a'.repeat(65)}@b.org`,
    ]
      .concat(`a@${'b.'.repeat(126)}org`)
      .map((email) => ({
        name: `is no e-mail address: ${JSON.stringify(email).slice(0, 20)}`,
        call: `POST ${pupils}`,
        as: 'member' as const,
        body: pupil({ email }),
        status: 422,
        faults: ['/email'],
      })),
  ])

  test('is read, listed and found as it was stored', async () => {
    const { token } = api.member
    const name = ' Ω\u0301 &?#%25+ '
    const made = await api.call(`POST ${pupils}`, { token, body: pupil({ name }) })
    const one = await api.call(`GET ${made.headers.get('location')}`, { token })
    expect(one.body).toEqual(made.body)
    const query = new URLSearchParams({ name })
    const found = await api.call(`GET ${pupils}?${query}`, { token })
    expect(found.body.items).toEqual([made.body])
  })

  test('of many lines may hold anything but NUL', async () => {
    const { token, id } = api.member
    const memos = `/api/v1/users/${id}/memos`
    const body = '\u0001\u001b[31m\r\n\t\u007f\u2028 🏔'
    const made = await api.call(`POST ${memos}`, { token, body: { title: 'x', body } })
    expect([made.status, made.body.body]).toEqual([201, body])
    const empty = await api.call(`POST ${memos}`, { token, body: { title: 'x', body: '' } })
    expect([empty.status, empty.body.body]).toEqual([201, ''])
    const longest = '🏔'.repeat(20_000)
    const long = await api.call(`POST ${memos}`, { token, body: { title: 'x', body: longest } })
    expect([long.status, long.body.body === longest]).toEqual([201, true])
    for (const refused of ['a\u0000b', 'x'.repeat(20_001)])
      expect(
        (await api.call(`POST ${memos}`, { token, body: { title: 'x', body: refused } })).status,
      ).toBe(422)
  })
})

describe('numbers', () => {
  const sent = (field: string, literal: string, at: string) => ({
    name: `${field} ${literal}`,
    call: `POST ${at}`,
    as: 'admin' as const,
    body: JSON.stringify({ ...(at === pupils ? pupil() : { name: unique('peak') }) }).replace(
      /(?:"age":20)?}$/,
      (end) => `${end.startsWith('"') ? '' : ','}"${field}":${literal}}`,
    ),
  })
  const accepted: [string, number][] = [
    ['0', 0],
    ['-0', 0],
    ['9000', 9000],
    ['9e3', 9000],
    ['8848.86', 8848.86],
    ['1e-130', 1e-130],
    ['0.1234567890123456789012345', 0.12345678901234568],
  ]
  run([
    ...accepted.map(([literal, heightM]) => ({
      ...sent('heightM', literal, summits),
      status: 201,
      holds: { heightM },
    })),
    ...['-1', '9000.01', '1e400', '-1e400', '1e-200', '"1"', 'true', '[1]', 'null', '{}'].map(
      (literal) => ({ ...sent('heightM', literal, summits), status: 422, faults: ['/heightM'] }),
    ),
    { ...sent('age', '20.0', pupils), status: 201, holds: { age: 20 } },
    ...['20.5', '2', '121', '1e400', '"20"', '-0'].map((literal) => ({
      ...sent('age', literal, pupils),
      status: 422,
      faults: ['/age'],
    })),
  ])
})

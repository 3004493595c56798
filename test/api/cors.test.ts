import { describe, expect, test } from 'vitest'
import { synthesize } from '../assembly.ts'
import { varieties } from '../auth/support.ts'
import { testStage } from '../stage.ts'
import { useApi, usePerson } from './harness.ts'
import { pupil } from './pupil.ts'

const path = '/api/v1/pupils'
const app = 'https://app.example.org'
const other = 'https://other.example.org'
const evil = 'https://app.example.org.evil.example'

const none: [string, string[]] = ['no origin', []]
const two: [string, string[]] = ['two origins', [app, other]]

describe.each(varieties([none, ['one origin', [app]], two], [none, two]))(
  'CORS with %s',
  (_, allowedOrigins: string[]) => {
    const api = useApi(async () => ({
      assembly: await synthesize({ ...testStage, allowedOrigins }),
    }))
    const ada = usePerson(api)

    /** Answers of every kind, to a browser's page of this origin. */
    async function answers(Origin: string) {
      const headers = { Origin }
      const { token } = ada
      const text = { ...headers, 'Content-Type': 'text/plain' }
      const made = await api.call(`POST ${path}`, { token, headers, body: pupil() })
      const etag = { ...headers, 'If-None-Match': made.headers.get('etag') ?? '' }
      const functions = {
        201: made,
        304: await api.call(`GET ${made.headers.get('location')}`, { token, headers: etag }),
        404: await api.call(`GET ${path}/x`, { token, headers }),
        405: await api.call(`DELETE ${path}`, { token, headers }),
        415: await api.call(`POST ${path}`, { token, headers: text, body: 'x' }),
        422: await api.call(`POST ${path}`, { token, headers, body: {} }),
        204: await api.call(`DELETE ${made.headers.get('location')}`, { token, headers }),
      }
      const gateway = {
        400: await api.call(`GET ${path}/%zz`, { token, headers }),
        401: await api.call(`GET ${path}`, { headers }),
        403: await api.call('GET /api/v1/patrons', { token, headers }),
        404: await api.call('GET /nothing', { headers }),
      }
      for (const kind of [functions, gateway])
        for (const [status, answer] of Object.entries(kind)) expect(`${answer.status}`).toBe(status)
      return { functions: Object.values(functions), gateway: Object.values(gateway) }
    }

    function preflight(Origin: string) {
      const asked = { 'Access-Control-Request-Method': 'PATCH' }
      return api.call(`OPTIONS ${path}/x`, { headers: { Origin, ...asked } })
    }

    if (allowedOrigins.length === 0)
      test('lets no page in', async () => {
        const { functions, gateway } = await answers(app)
        for (const { headers } of [...functions, ...gateway, await preflight(app)])
          expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
            [],
          )
      })

    test('lets everybody read the keys, however their path is written', async () => {
      const headers = { Origin: evil, 'Access-Control-Request-Method': 'GET' }
      for (const path of ['/.well-known/jwks.json', '/%2Ewell-known/jwks.json'])
        for (const method of ['GET', 'OPTIONS']) {
          const answer = await fetch(api.runner.origin + path, { method, headers })
          const allowed = answer.headers.get('access-control-allow-origin')
          expect([method, path, allowed]).toEqual([method, path, '*'])
        }
    })

    test.each(allowedOrigins)('lets %s read every answer', async (origin) => {
      const { functions, gateway } = await answers(origin)
      for (const { status, headers } of [...functions, ...gateway]) {
        expect([status, headers.get('access-control-allow-origin')]).toEqual([status, origin])
        expect(headers.get('access-control-expose-headers')).toMatch(/ETag.*Link.*Retry-After/)
        expect(headers.get('vary')).toBe('Origin')
      }
    })

    test.each(allowedOrigins)('answers the preflight of %s', async (origin) => {
      const { status, headers } = await preflight(origin)
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-methods')).toBe('GET, PUT, PATCH, DELETE')
      for (const name of [
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'If-Match',
        'If-None-Match',
      ])
        expect(headers.get('access-control-allow-headers')?.split(', ')).toContain(name)
      expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(0)
      expect(headers.get('vary')).toBe('Origin')
    })

    test.each([evil, 'null', `${app}:443`, 'http://app.example.org', `${app}, ${other}`])(
      'lets %s read nothing that a function answers',
      async (origin) => {
        const { functions } = await answers(origin)
        for (const { headers } of [...functions, await preflight(origin)]) {
          expect(headers.get('access-control-allow-origin')).toBeNull()
          expect(headers.get('access-control-allow-methods')).toBeNull()
          expect(headers.get('vary')).toBe(allowedOrigins.length > 0 ? 'Origin' : null)
        }
      },
    )
  },
)

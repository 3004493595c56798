import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../functions/model/route.ts'
import { resourceNamed, transferOrder } from '../../functions/operator/records.ts'
import { routes } from '../../functions/routes/registry.ts'
import { inParallel, repetitions } from '../auth/support.ts'
import { dump, violations } from '../invariants.ts'
import { sample } from '../sample.ts'
import { type BadRequest, badRequests } from './bad-requests.ts'
import { forms } from './forms.ts'
import { useApi, usePerson } from './harness.ts'

const ofEachKind = repetitions(20, 1)
const seed = 20_261_122

describe('bad requests', () => {
  const api = useApi()
  const member = usePerson(api)
  let ended: string
  const made = new Map<string, Record<string, string>>()
  beforeAll(async () => {
    ended = (await api.signIn('admin', api.admin.password)).token
    await api.call('POST /api/v1/auth/logout', { token: ended })
    for (const resource of transferOrder.map(resourceNamed)) {
      const { name, parent, param, key, collectionPath, bodies } = resource
      const above = (parent && made.get(parent.name)?.[parent.param]) ?? api.admin.id
      const path = `/api/v1${collectionPath.replace(/\{\w+\}/, above)}`
      const sent = { token: api.admin.token, body: sample(bodies.create()) }
      const answer = await api.call(`POST ${path}`, sent)
      expect(answer.status, answer.text).toBe(201)
      made.set(name, { ...(parent && { [parent.param]: above }), [param]: answer.body[key] })
      // The first list that needs the key of the cursors makes it, which does no harm.
      await api.call(`GET ${path}?cursor=x`, { token: api.admin.token })
    }
  })

  /** All that is stored, except an instance's note on its declaration before its first write. */
  async function stored() {
    const tables = Object.entries(await dump(api.runner))
    const isNote = (item: object) => Object.values(item).includes('~version')
    return Object.fromEntries(
      tables.map(([name, items]) => [name, items.filter((item) => !isNote(item))]),
    )
  }

  function params(route: Route): Record<string, string> {
    return { sessionId: api.admin.sessionId, ...made.get(route.lambda) }
  }

  test(`${ofEachKind} of each kind are refused, each for its fault, and harm nothing`, async () => {
    const ground = { params, ended, admin: api.admin.token, member: member.token }
    const requests = badRequests(ground).flatMap((kind, index) =>
      fc.sample(kind, { seed: seed + index, numRuns: ofEachKind }),
    )
    const before = await stored()
    expect(violations(before)).toEqual([])
    api.logs.length = 0
    const wrong = await inParallel(requests, 16, attempt)
    expect(wrong.filter((line) => line !== undefined)).toEqual([])
    expect(await stored()).toEqual(before)
    // Lambda logs every throw, also the one by which an authorizer refuses a token.
    const refused = api.logs.filter((line) => !line.includes('"errorMessage":"Unauthorized"'))
    expect(refused.filter((line) => /"level":"(ERROR|WARN)"/i.test(line))).toEqual([])
    const tried = new Set(requests.map(({ call }) => call.split(' ')[0]))
    expect([...tried].sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'])
    expect(new Set(requests.map(({ fault }) => fault)).size).toBe(12)
    const called = new Set(requests.map(({ operationId }) => operationId))
    expect([...called].sort()).toEqual(routes.map(({ operationId }) => operationId).sort())
  })

  const formCount = repetitions(5000, 400)
  test(`${formCount} forms of every kind: none is accepted, none is an error of ours`, async () => {
    const paths = routes.filter(({ form }) => form).map(({ path }) => path)
    expect(paths).toHaveLength(3)
    const [head, claims, signature = ''] = member.token.split('.')
    const useless = [
      `${member.refreshToken}x`,
      member.deviceToken,
      `${head}.${claims}.${signature.toUpperCase()}`,
      ended,
      `pk_${'A'.repeat(87)}`,
      member.id,
    ]
    const before = await stored()
    const sent = fc.sample(forms(paths, useless), { seed, numRuns: formCount })
    const seen = new Set<string>()
    const wrong = await inParallel(sent, 16, async ({ path, body, contentType }) => {
      const headers = { 'Content-Type': contentType }
      const token = path.endsWith('introspect') ? { token: api.admin.token } : {}
      const answer = await api.call(`POST ${path}`, { ...token, body, headers })
      const { status, body: said } = answer
      const what = said?.error ?? said?.code ?? (said ? `active: ${said.active}` : 'nothing')
      seen.add(`${path.split('/').at(-1)} ${status} ${what}`)
      const isRefused =
        [400, 415].includes(status) ||
        (status === 200 && (path.endsWith('revoke') || said.active === false))
      return isRefused ? [] : [{ path, body: String(body), contentType, text: answer.text }]
    })
    expect(wrong.flat()).toEqual([])
    expect(await stored()).toEqual(before)
    expect([...seen].sort()).toEqual([
      'introspect 200 active: false',
      'introspect 400 invalid_request',
      'introspect 415 unsupported_media_type',
      'revoke 200 nothing',
      'revoke 400 invalid_request',
      'revoke 415 unsupported_media_type',
      'token 400 invalid_grant',
      'token 400 invalid_request',
      'token 400 unsupported_grant_type',
      'token 415 unsupported_media_type',
    ])
  })

  /** What is wrong with the answer; nothing when the request was refused as it must be. */
  async function attempt({ fault, call, sent, statuses }: BadRequest): Promise<string | undefined> {
    const { token: _token, ...shown } = sent
    const described = `${fault}: ${call.slice(0, 200)} ${JSON.stringify(shown)}`.slice(0, 600)
    try {
      const { status, text } = await api.call(call, sent)
      return statuses.includes(status) ? undefined : `${status} ${text.slice(0, 300)} ${described}`
    } catch (error) {
      return `${error} ${described}`
    }
  }
})

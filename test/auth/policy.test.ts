import { describe, expect, test } from 'vitest'
import { patternsOver, policyDocument } from '../../functions/auth/policy.ts'
import { covers } from '../../functions/model/covers.ts'
import { isOpenTo } from '../../functions/model/route.ts'
import { parseScope } from '../../functions/model/scopes.ts'
import { access, scopesOfRole } from '../../functions/routes/access.static.ts'
import { compilePolicy } from '../../infra/local/aws/iam.ts'
import type { Statement } from '../../infra/local/model.ts'

const api = 'arn:aws:execute-api:eu-central-1:123456789012:abcdefghij/prod'
const scopeSets = [
  scopesOfRole.member.join(' '),
  scopesOfRole.admin.join(' '),
  '',
  'account',
  ...scopesOfRole.admin,
  'users:read memos:write',
  'pupils:write summits:admin account',
]

const patternsOf = patternsOver(access)

const kinds = ['session', 'key'] as const
const callers = scopeSets.flatMap((scope) => kinds.map((kind) => ({ kind, scope })))

describe.each(callers)('the policy of $kind "$scope"', (caller) => {
  const { scope } = caller
  const document = policyDocument(caller, patternsOf, `${api}/GET/api/v1/pupils`)
  const policy = compilePolicy(document.Statement as Statement[], 'a caller')
  const granted = parseScope(scope)

  test('opens what the scopes open', () => {
    for (const route of access) {
      const { method, path } = route
      if (route.access === 'public') continue
      const open = isOpenTo(route, caller.kind, granted)
      const called = `${api}/${method}${path.replace(/\{\w+\}/g, '0190-a')}`
      const decision = policy.decide('execute-api:Invoke', called)
      // The function itself refuses what a wildcard opens by accident.
      if (open) expect([called, decision]).toEqual([called, 'allowed'])
    }
  })

  test('does not depend on what is called', () => {
    for (const called of ['DELETE/api/v1/users/1', 'GET/', 'POST/api/v1/auth/logout'])
      expect(policyDocument(caller, patternsOf, `${api}/${called}`)).toEqual(document)
  })

  test('fits into what the gateway takes: 8 KB with the context', () => {
    const context = { userId: 'x'.repeat(36), sessionId: 'x'.repeat(36), role: 'member', scope }
    const answer = { principalId: 'x'.repeat(36), policyDocument: document, context }
    expect(JSON.stringify(answer).length).toBeLessThan(8000)
  })
})

test('a key with every scope reaches nothing of /auth but what keys may', () => {
  const caller = { kind: 'key', scope: scopesOfRole.admin.join(' ') } as const
  const { Statement } = policyDocument(caller, patternsOf, `${api}/GET/`)
  const policy = compilePolicy(Statement as Statement[], 'a key')
  const reached = access
    .filter(({ path, access: wanted }) => path.includes('/auth/') && wanted !== 'public')
    .map(({ method, path }) => `${method}${path}`)
    .filter((called) => policy.decide('execute-api:Invoke', `${api}/${called}`) === 'allowed')
  expect(reached.sort()).toEqual([
    'GET/api/v1/auth/keys',
    'POST/api/v1/auth/introspect',
    'POST/api/v1/auth/keys',
    'POST/api/v1/auth/logout',
  ])
})

test('an admin scope covers its resource, and nothing else', () => {
  const granted = parseScope('users:admin  pupils:read')
  expect(covers(granted, 'users:read')).toBe(true)
  expect(covers(granted, 'users:write')).toBe(true)
  expect(covers(granted, 'pupils:write')).toBe(false)
  expect(covers(granted, 'memos:admin')).toBe(false)
  expect(covers(granted, 'account')).toBe(false)
  expect(covers(parseScope('account:admin'), 'account')).toBe(false)
})

import { afterAll, beforeAll, describe } from 'vitest'
import { type Api, type Person, password, startApi } from './harness.ts'
import { runScenarios } from './scenarios.ts'

const path = '/api/v1/users'
const nobody = '01890000-0000-7000-8000-000000000000'
const newcomer = { username: 'Grace.Hopper', password: 'nanosecond-wire' }
const secret = ['password', 'hash', 'sessions', '_rev']

describe('users', () => {
  let api: Api & { member: Person }
  beforeAll(async () => {
    const started = await startApi()
    api = { ...started, member: await started.signUp() }
  })
  afterAll(() => api?.stop())

  runScenarios(
    () => api,
    [
      {
        name: 'know themselves',
        call: `GET ${path}/me`,
        as: 'member',
        status: 200,
        holds: { role: 'member', disabled: false },
        absent: secret,
        keep: { me: 'id', etag: 'ETag' },
      },
      { name: 'know their id', call: `GET ${path}/{me}`, as: 'member', status: 200 },
      {
        name: 'are not read twice when they have not changed',
        call: `GET ${path}/me`,
        as: 'member',
        headers: { 'If-None-Match': '{etag}' },
        status: 304,
      },
      {
        name: 'are not listed to members',
        call: `GET ${path}`,
        as: 'member',
        status: 403,
        code: 'insufficient_scope',
      },
      {
        name: 'are not created by members',
        call: `POST ${path}`,
        as: 'member',
        body: newcomer,
        status: 403,
        code: 'insufficient_scope',
      },
      {
        name: 'are created by admins',
        call: `POST ${path}`,
        as: 'admin',
        body: newcomer,
        status: 201,
        holds: { username: newcomer.username, role: 'member', disabled: false },
        absent: secret,
        keep: { id: 'id' },
        answerHeaders: { location: /^\/api\/v1\/users\/[0-9a-f-]{36}$/, etag: /^"[^"]+"$/ },
      },
      {
        name: 'have their name once, in whatever case',
        call: `POST ${path}`,
        as: 'admin',
        body: { ...newcomer, username: 'grace.hopper' },
        status: 409,
        code: 'username_taken',
      },
      {
        name: 'are created with nothing else',
        call: `POST ${path}`,
        as: 'admin',
        body: { username: 'x', password: 'short', role: 'root', disabled: true, id: nobody },
        status: 422,
        faults: ['/username', '/password', '/role', '/disabled', '/id'],
      },
      {
        name: 'do not have their name for a password',
        call: `POST ${path}`,
        as: 'admin',
        body: { username: 'longenough', password: 'LongEnough' },
        status: 422,
        faults: ['/password'],
      },
      {
        name: 'are listed newest first, all of them, without secrets',
        call: `GET ${path}`,
        as: 'admin',
        status: 200,
        holds: { items: [{ username: newcomer.username }, {}, { username: 'admin' }] },
      },
      {
        name: 'have no filters',
        call: `GET ${path}?username=admin`,
        as: 'admin',
        status: 400,
        code: 'bad_request',
      },
      {
        name: 'cannot be replaced',
        call: `PUT ${path}/{me}`,
        as: 'admin',
        body: {},
        status: 405,
        code: 'method_not_allowed',
        answerHeaders: { allow: 'GET, PATCH, DELETE, OPTIONS' },
      },
      {
        name: 'cannot replace themselves',
        call: `PUT ${path}/me`,
        as: 'member',
        body: {},
        status: 405,
        answerHeaders: { allow: 'GET, PATCH, DELETE, OPTIONS' },
      },
      ...[
        { role: 'admin' },
        { role: 'member' },
        { disabled: false },
        { username: 'x.y', role: 'admin' },
      ]
        .flatMap((body) => ['me', '{me}'].map((id) => [id, body] as const))
        .map(([id, body]) => ({
          name: `do not give themselves ${Object.keys(body)} at ${id}`,
          call: `PATCH ${path}/${id}`,
          as: 'member' as const,
          body,
          status: 403,
          code: 'forbidden',
        })),
      {
        name: 'do not change what is not theirs to change',
        call: `PATCH ${path}/me`,
        as: 'member',
        body: { id: nobody, password: 'x', hash: 'y', username: null, disabled: null },
        status: 422,
        faults: ['/id', '/password', '/hash', '/username', '/disabled'],
      },
      {
        name: 'are as they were after an empty patch',
        call: `PATCH ${path}/me`,
        as: 'member',
        body: {},
        headers: { 'If-Match': '{etag}' },
        status: 200,
        answerHeaders: { etag: /.+/ },
      },
      {
        name: 'do not take the name of another',
        call: `PATCH ${path}/me`,
        as: 'member',
        body: { username: 'GRACE.hopper' },
        status: 409,
        code: 'username_taken',
      },
      {
        name: 'are renamed',
        call: `PATCH ${path}/me`,
        as: 'member',
        body: { username: 'Renamed' },
        headers: { 'If-Match': '{etag}' },
        status: 200,
        holds: { username: 'Renamed', role: 'member' },
      },
      {
        name: 'are not renamed by who has not seen it',
        call: `PATCH ${path}/me`,
        as: 'member',
        body: { username: 'renamed.again' },
        headers: { 'If-Match': '{etag}' },
        status: 412,
        code: 'precondition_failed',
      },
      {
        name: 'sign in under the new name, in whatever case',
        call: 'POST /api/v1/auth/login',
        body: { username: 'rENAMED', password },
        status: 200,
      },
      {
        name: 'change the case of their own name',
        call: `PATCH ${path}/{me}`,
        as: 'member',
        body: { username: 'RENAMED' },
        status: 200,
        holds: { username: 'RENAMED' },
      },
      {
        name: 'are disabled by admins',
        call: `PATCH ${path}/{id}`,
        as: 'admin',
        body: { disabled: true },
        status: 200,
        holds: { disabled: true },
      },
      {
        name: 'do not sign in when disabled',
        call: 'POST /api/v1/auth/login',
        body: newcomer,
        status: 401,
        code: 'invalid_credentials',
      },
      {
        name: 'are enabled and promoted by admins',
        call: `PATCH ${path}/{id}`,
        as: 'admin',
        body: { disabled: false, role: 'admin' },
        status: 200,
        holds: { disabled: false, role: 'admin' },
      },
      {
        name: 'get another password from admins',
        call: `POST ${path}/{id}/password`,
        as: 'admin',
        body: { newPassword: 'picosecond-wire' },
        status: 204,
      },
      {
        name: 'get no password that is their name',
        call: `POST ${path}/{id}/password`,
        as: 'admin',
        body: { newPassword: 'grace.HOPPER' },
        status: 422,
        faults: ['/newPassword'],
      },
      {
        name: 'do not sign in by the old password',
        call: 'POST /api/v1/auth/login',
        body: newcomer,
        status: 401,
      },
      {
        name: 'sign in by the new password',
        call: 'POST /api/v1/auth/login',
        body: { ...newcomer, password: 'picosecond-wire' },
        status: 200,
        keep: { token: 'access_token' },
      },
      {
        name: 'are demoted by admins',
        call: `PATCH ${path}/{id}`,
        as: 'admin',
        body: { role: 'member' },
        status: 200,
      },
      {
        name: 'have lost their session with their role',
        call: `GET ${path}/me`,
        as: ({ token = '' }) => token,
        status: 401,
      },
      {
        name: 'are deleted by admins',
        call: `DELETE ${path}/{id}`,
        as: 'admin',
        status: 204,
      },
      { name: 'are deleted once', call: `DELETE ${path}/{id}`, as: 'admin', status: 404 },
      {
        name: 'leave their name to others',
        call: 'POST /api/v1/auth/signup',
        body: newcomer,
        status: 201,
      },
      { name: 'delete themselves', call: `DELETE ${path}/me`, as: 'member', status: 204 },
      {
        name: 'are signed out by it',
        call: `GET ${path}/me`,
        as: 'member',
        status: 401,
        code: 'unauthorized',
      },
    ],
  )
})

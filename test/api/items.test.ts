import { describe } from 'vitest'
import { useApi } from './harness.ts'
import { runScenarios } from './scenarios.ts'

const pupil = { name: 'Ada', email: 'Ada@Example.org', rollNo: '1', age: 20 }

describe('pupils', () => {
  const api = useApi()

  runScenarios(api, [
    {
      name: 'needs a token',
      call: 'GET /api/v1/pupils',
      status: 401,
      code: 'unauthorized',
      answerHeaders: { 'www-authenticate': 'Bearer realm="portcullis"' },
    },
    {
      name: 'is empty at first',
      call: 'GET /api/v1/pupils',
      as: 'member',
      status: 200,
      holds: { items: [], nextCursor: null },
    },
    {
      name: 'creates',
      call: 'POST /api/v1/pupils',
      as: 'member',
      body: pupil,
      status: 201,
      holds: pupil,
      keep: { id: 'id', etag: 'ETag' },
      answerHeaders: { location: /^\/api\/v1\/pupils\/[0-9a-f-]{36}$/ },
    },
    {
      name: 'refuses the e-mail address in another case',
      call: 'POST /api/v1/pupils',
      as: 'member',
      body: { ...pupil, email: 'ADA@example.ORG' },
      status: 409,
      code: 'email_taken',
    },
    {
      name: 'names every fault',
      call: 'POST /api/v1/pupils',
      as: 'member',
      body: { name: '', email: 'x', age: 2, bogus: 1, 'a/b~': 2 },
      status: 422,
      code: 'validation_failed',
      faults: ['/name', '/email', '/rollNo', '/age', '/bogus', '/a~1b~0'],
    },
    {
      name: 'reads',
      call: 'GET /api/v1/pupils/{id}',
      as: 'member',
      status: 200,
      holds: pupil,
    },
    {
      name: 'answers 304',
      call: 'GET /api/v1/pupils/{id}',
      as: 'member',
      headers: { 'If-None-Match': '{etag}' },
      status: 304,
    },
    {
      name: 'lists',
      call: 'GET /api/v1/pupils?limit=1',
      as: 'member',
      status: 200,
      holds: { items: [pupil], nextCursor: null },
    },
    {
      name: 'filters',
      call: 'GET /api/v1/pupils?name=Ada&rollNo=1',
      as: 'member',
      status: 200,
      holds: { items: [pupil] },
    },
    {
      name: 'filters to nothing',
      call: 'GET /api/v1/pupils?name=Bob',
      as: 'member',
      status: 200,
      holds: { items: [] },
    },
    {
      name: 'refuses unknown parameters',
      call: 'GET /api/v1/pupils?grade=20',
      as: 'member',
      status: 400,
      code: 'bad_request',
    },
    {
      name: 'patches',
      call: 'PATCH /api/v1/pupils/{id}',
      as: 'member',
      body: { age: 21 },
      status: 200,
      holds: { ...pupil, age: 21 },
    },
    {
      name: 'refuses a stale If-Match',
      call: 'PATCH /api/v1/pupils/{id}',
      as: 'member',
      body: { age: 22 },
      headers: { 'If-Match': '{etag}' },
      status: 412,
      code: 'precondition_failed',
    },
    {
      name: 'replaces',
      call: 'PUT /api/v1/pupils/{id}',
      as: 'member',
      body: { ...pupil, email: 'b@example.org', id: 'ignored' },
      status: 200,
      holds: { ...pupil, email: 'b@example.org' },
    },
    {
      name: 'releases the old e-mail address',
      call: 'POST /api/v1/pupils',
      as: 'member',
      body: pupil,
      status: 201,
    },
    { name: 'deletes', call: 'DELETE /api/v1/pupils/{id}', as: 'member', status: 204 },
    {
      name: 'deletes once',
      call: 'DELETE /api/v1/pupils/{id}',
      as: 'member',
      status: 404,
      code: 'not_found',
    },
    {
      name: 'says 405',
      call: 'HEAD /api/v1/pupils',
      status: 405,
      answerHeaders: { allow: 'GET, POST, OPTIONS' },
    },
    { name: 'says 404', call: 'GET /api/v1/nothing', status: 404, code: 'not_found' },
  ])
})

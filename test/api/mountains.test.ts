import { afterAll, beforeAll, describe } from 'vitest'
import { type Api, type Person, startApi } from './harness.ts'
import { runScenarios } from './scenarios.ts'

const everest = { name: 'everest', heightM: 8848.86, range: 'Himalaya', country: 'Nepal' }
const path = '/api/v1/mountains'

describe('mountains, whose key the client chooses', () => {
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
        name: 'are created by admins',
        call: `POST ${path}`,
        as: 'admin',
        body: everest,
        status: 201,
        holds: everest,
        absent: ['id', '_seq', '_shard', '_rev'],
        keep: { etag: 'ETag' },
        answerHeaders: { location: `${path}/everest` },
      },
      {
        name: 'are not created by members',
        call: `POST ${path}`,
        as: 'member',
        body: { name: 'k2' },
        status: 403,
        code: 'insufficient_scope',
        answerHeaders: { 'www-authenticate': /error="insufficient_scope"$/ },
      },
      {
        name: 'have their name once',
        call: `POST ${path}`,
        as: 'admin',
        body: { name: 'everest' },
        status: 409,
        code: 'name_taken',
      },
      {
        name: 'need no more than a name',
        call: `POST ${path}`,
        as: 'admin',
        body: { name: 'k2' },
        status: 201,
        absent: ['heightM', 'range', 'country'],
      },
      {
        name: 'have a slug for a name',
        call: `POST ${path}`,
        as: 'admin',
        body: { name: 'Mount Everest', heightM: 9001, range: '', country: 7 },
        status: 422,
        faults: ['/name', '/heightM', '/range', '/range', '/country'],
      },
      {
        name: 'may be below the sea by no metre',
        call: `POST ${path}`,
        as: 'admin',
        body: { name: 'marianas', heightM: -1 },
        status: 422,
        faults: ['/heightM'],
      },
      {
        name: 'are read by members',
        call: `GET ${path}/everest`,
        as: 'member',
        status: 200,
        holds: everest,
      },
      {
        name: 'are listed newest first',
        call: `GET ${path}`,
        as: 'member',
        status: 200,
        holds: { items: [{ name: 'k2' }, everest], nextCursor: null },
      },
      {
        name: 'have no filter that is not declared',
        call: `GET ${path}?name=everest`,
        as: 'member',
        status: 400,
        code: 'bad_request',
      },
      {
        name: 'are replaced without repeating the name',
        call: `PUT ${path}/everest`,
        as: 'admin',
        body: { heightM: 8849 },
        status: 200,
        holds: { name: 'everest', heightM: 8849 },
        absent: ['range', 'country'],
      },
      {
        name: 'are replaced with the name of the path',
        call: `PUT ${path}/everest`,
        as: 'admin',
        body: everest,
        status: 200,
        holds: everest,
      },
      {
        name: 'are not renamed by PUT',
        call: `PUT ${path}/everest`,
        as: 'admin',
        body: { ...everest, name: 'k2' },
        status: 422,
        faults: ['/name'],
      },
      {
        name: 'are not renamed by PATCH',
        call: `PATCH ${path}/everest`,
        as: 'admin',
        body: { name: 'sagarmatha' },
        status: 422,
        faults: ['/name'],
      },
      {
        name: 'keep what a patch does not name, and lose what it sets to null',
        call: `PATCH ${path}/everest`,
        as: 'admin',
        body: { name: 'everest', range: null, heightM: 8848 },
        status: 200,
        holds: { name: 'everest', heightM: 8848, country: 'Nepal' },
        absent: ['range'],
      },
      {
        name: 'cannot lose their name',
        call: `PATCH ${path}/everest`,
        as: 'admin',
        body: { name: null },
        status: 422,
        faults: ['/name'],
      },
      {
        name: 'have no id to repeat in a PUT',
        call: `PUT ${path}/everest`,
        as: 'admin',
        body: { id: 'x', createdAt: 'y', updatedAt: 'z' },
        status: 422,
        faults: ['/id'],
      },
      {
        name: 'are changed only where they are',
        call: `PUT ${path}/olympus`,
        as: 'admin',
        body: {},
        status: 404,
        code: 'not_found',
      },
      {
        name: 'are not changed by members',
        call: `PATCH ${path}/everest`,
        as: 'member',
        body: {},
        status: 403,
        code: 'insufficient_scope',
      },
      { name: 'are deleted', call: `DELETE ${path}/everest`, as: 'admin', status: 204 },
      { name: 'are deleted once', call: `DELETE ${path}/everest`, as: 'admin', status: 404 },
      {
        name: 'may come again under the same name',
        call: `POST ${path}`,
        as: 'admin',
        body: { name: 'everest' },
        status: 201,
      },
      {
        name: 'come again with another ETag',
        call: `GET ${path}/everest`,
        as: 'member',
        headers: { 'If-None-Match': '{etag}' },
        status: 200,
        absent: ['heightM'],
      },
      ...['~cursor-key', 'Everest', 'a%2Fb', 'x'.repeat(65), '%F0%9F%92%A9', '..%2Fstudents'].map(
        (name) => ({
          name: `cannot be called ${name}`,
          call: `GET ${path}/${name}`,
          as: 'member' as const,
          status: 404,
          code: 'not_found',
        }),
      ),
      {
        name: 'are found however the name is percent-encoded',
        call: `GET ${path}/%65verest`,
        as: 'member',
        status: 200,
        holds: { name: 'everest' },
      },
    ],
  )
})

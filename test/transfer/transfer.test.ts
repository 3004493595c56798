import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callEngine } from '../../bench/engine.ts'
import { transferOrder } from '../../functions/operator/records.ts'
import { type Api, password, startApi, unique } from '../api/harness.ts'
import { scratch } from '../assembly.ts'
import { configured, inParallel, repetitions, times } from '../auth/support.ts'
import { dump, violations } from '../invariants.ts'
import { run, runElsewhere, useProject, write } from './project.ts'

/** More than a page of users holds, and more than a batch of an import. */
const count = repetitions(990, 130)
/** With their items, the ten others who have signed up and the admin. */
const records = count + 10 + 120 + 3 + 1 + 157
/** Users of another system, whose bcrypt has all three names that there are. */
const strangers = times(count, (index) => ({
  username: `stranger-${index}@example.org`,
  password: `password of stranger ${index}`,
}))
const prefixes = ['$2a$', '$2b$', '$2y$']
const header = { format: 'portcullis', version: 1 }
const noHeader = 'line 1: is not the header of an export, which docs/export.md describes'
const exported = join(scratch, 'export.jsonl')

let from: Api
let to: Api

useProject()
beforeAll(async () => {
  from = await startApi({ assembly: configured({ BCRYPT_COST: '4' }), direct: false })
  to = await startApi({ assembly: configured({ BCRYPT_COST: '5' }), direct: false })
})
afterAll(async () => {
  await from?.stop()
  await to?.stop()
})

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

test('users of another system are imported with their hashes', async () => {
  const records = strangers.map(({ username, password }, index) => {
    const hash = hashSync(password, 4)
    const item = { username, ...(index === 0 && { role: 'admin', disabled: true }) }
    return { resource: 'users', item, hash: (prefixes[index % 3] ?? '') + hash.slice(4) }
  })
  const file = write('strangers.jsonl', [header, ...records])
  expect(await run(from, 'import', file)).toEqual({
    status: 0,
    said: `${count} created, 0 kept, 0 refused\n`,
  })
  expect(await run(from, 'import', file)).toEqual({
    status: 0,
    said: `0 created, ${count} kept, 0 refused\n`,
  })
  const { credentials = [] } = await dump(from.runner)
  const hashes = credentials.map(({ hash }) => String(hash))
  expect(hashes.filter((hash) => !hash.startsWith('$2b$04$'))).toEqual([])
})

describe(`${count} users and what they have`, () => {
  const members: Awaited<ReturnType<Api['signUp']>>[] = []
  let pupil: { id: string; email: string }

  beforeAll(async () => {
    const { token } = from.admin
    for (let count = 0; count < 9; count++) members.push(await from.signUp())
    for (const { id, token } of members)
      for (let count = 0; count < 3; count++)
        await from.call(`POST /api/v1/users/${id}/memos`, {
          token,
          body: { title: `Post ${count}`, body: 'Two\nlines, and "quotes"' },
        })
    const [prolific] = members
    await inParallel(times(130, String), 8, (title) =>
      from.call(`POST /api/v1/users/${prolific?.id}/memos`, {
        token: prolific?.token,
        body: { title, body: 'x'.repeat(10_000) },
      }),
    )
    await inParallel(times(120, String), 8, (rollNo) =>
      from.call('POST /api/v1/pupils', {
        token,
        body: { name: `Pupil ${rollNo}`, email: `${unique()}@Example.org`, rollNo, age: 20 },
      }),
    )
    for (const name of ['everest', 'k2', 'lhotse'])
      await from.call('POST /api/v1/summits', { token, body: { name } })
    const patron = { email: 'Ada@example.org', name: 'Ada' }
    await from.call('POST /api/v1/patrons', { token, body: patron })
    const { body } = await from.call('GET /api/v1/pupils?limit=1', { token })
    pupil = body.items[0]
  })

  test('are exported to a file for its owner alone, by queries alone', async () => {
    from.runner.calls.reset()
    const { status, said } = await run(from, 'export', '--out', exported)
    expect(status).toBe(0)
    const counts = { pupils: 120, summits: 3, users: count + 10, patrons: 1, memos: 157 }
    for (const [name, items] of Object.entries(counts)) expect(said).toContain(`${items} ${name}\n`)
    expect(statSync(exported).mode & 0o777).toBe(0o600)
    const operations = new Set(from.runner.calls().map(({ operation }) => operation))
    expect([...operations].sort()).toEqual(['GetItem', 'Query'])
    expect(linesOf(exported)).toHaveLength(1 + records)
    expect(JSON.parse(linesOf(exported)[0] ?? '')).toMatchObject(header)
    expect(readFileSync(exported, 'utf8')).not.toMatch(/sessionId|_rev|_seq|secret|logins/)
    const again = await run(from, 'export', '--out', exported)
    expect(again).toEqual({ status: 1, said: `${exported} is there already\n` })
    const other = join(scratch, 'other.jsonl')
    writeFileSync(`${other}.part`, '')
    expect(await run(from, 'export', '--out', other)).toEqual({
      status: 1,
      said: `${other}.part exists: another export is running, or was interrupted. If none is running, delete the file\n`,
    })
  })

  test('are imported into an empty stack, as they were', async () => {
    // Its own admin is one more.
    expect(await run(to, 'import', exported)).toEqual({
      status: 1,
      said: expect.stringMatching(
        new RegExp(
          `^line \\d+: /item/username is already taken\n${records - 1} created, 0 kept, 1 refused\n$`,
        ),
      ),
    })
    expect(violations(await dump(to.runner))).toEqual([])
    const second = join(scratch, 'second.jsonl')
    await run(to, 'export', '--out', second)
    const told = (file: string) =>
      linesOf(file)
        .slice(1)
        .filter((line) => !line.includes('"username":"admin"'))
        .sort()
    expect(told(second)).toEqual(told(exported))
    // In the order of their creation.
    const names = async (api: Api) => {
      const { body } = await api.call('GET /api/v1/summits', { token: api.admin.token })
      return body.items.map(({ name }: { name: string }) => name)
    }
    expect(await names(to)).toEqual(await names(from))
  })

  test('and to import them again changes nothing', async () => {
    const before = await dump(to.runner)
    const { said } = await run(to, 'import', exported)
    expect(said).toContain(`0 created, ${records - 1} kept, 1 refused`)
    expect(await dump(to.runner)).toEqual(before)
  })

  test('unique values are taken there too', async () => {
    const { token } = to.admin
    const body = { name: 'Another', email: pupil.email.toUpperCase(), rollNo: '1', age: 20 }
    const taken = await to.call('POST /api/v1/pupils', { token, body })
    expect(taken).toMatchObject({ status: 409, body: { code: 'email_taken' } })
    const [stranger] = strangers
    const signup = { username: stranger?.username.toUpperCase(), password }
    expect((await to.call('POST /api/v1/auth/signup', { body: signup })).status).toBe(409)
  })

  test('all old passwords sign in, and are hashed anew once', async () => {
    const people = [...strangers.slice(1), ...members]
    const hashesAnew = () =>
      to.runner.calls().filter(({ operation, request }) => {
        return operation === 'UpdateItem' && String(request.TableName).includes('credentials')
      }).length
    const signIn = ({ username, password }: { username: string; password: string }) =>
      to.call('POST /api/v1/auth/login', { body: { username, password } })
    let anew = 0
    const statuses = await inParallel(people, 8, async (person, index) => {
      const { status } = await signIn(person)
      if (index % 100 === 0) {
        anew += hashesAnew()
        to.runner.calls.reset()
      }
      return status
    })
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(anew + hashesAnew()).toBe(people.length)
    to.runner.calls.reset()
    for (const person of people.slice(0, 3)) expect((await signIn(person)).status).toBe(200)
    expect(hashesAnew()).toBe(0)
    const { credentials = [] } = await dump(to.runner)
    const old = credentials.filter(({ hash }) => !String(hash).startsWith('$2b$05$'))
    expect(old.map(({ username }) => username)).toEqual([strangers[0]?.username])
    const [disabled] = strangers
    expect((await signIn(disabled as (typeof strangers)[number])).status).toBe(401)
    expect((await signIn({ ...people[0], password: 'another' } as never)).status).toBe(401)
  })
})

test('bad lines are named with their faults, and not written', async () => {
  const before = await dump(to.runner)
  const time = '2026-01-01T00:00:00.000Z'
  const times = { createdAt: time, updatedAt: time }
  const id = '01890000-0000-7000-8000-000000000000'
  const summit = (item: object) => ({ resource: 'summits', item: { ...times, ...item } })
  const file = write('bad.jsonl', [
    header,
    'no JSON',
    '[]',
    { resource: 'unicorns', item: {} },
    summit({ name: 'Not a slug', heightM: -1 }),
    summit({ name: 'x', createdAt: '2026-13-01T00:00:00.000Z' }),
    { ...summit({ name: 'x' }), hash: 'x' },
    { resource: 'users', item: { username: 'somebody' } },
    { resource: 'users', item: { username: 'somebody' }, hash: 'plain text password' },
    { resource: 'users', item: { username: 'x', role: 1 }, hash: `$2b$31$${'x'.repeat(53)}` },
    { resource: 'memos', item: { ...times, id, userId: id, title: 'Orphan', body: '' } },
    summit({ name: 'the-good-one' }),
  ])
  const { status, said } = await run(to, 'import', file)
  expect(status).toBe(1)
  expect(said.split('\n')).toEqual([
    'line 2: is not a JSON object',
    'line 3: is not a JSON object',
    `line 4: /resource must be one of ${transferOrder.join(', ')}`,
    'line 5: /item/name must be 1 to 299 lower-case letters, digits or hyphens; /item/heightM must be at least 0',
    'line 6: /item/createdAt must be a time in UTC, such as 2026-11-26T08:30:00.000Z',
    'line 7: /hash is not a known field',
    'line 8: /hash is required',
    'line 9: /hash must be a bcrypt hash of cost 4 to 14',
    expect.stringMatching(/^line 10: .*\/item\/username .*\/item\/role .*\/hash must be/),
    'line 11: /item/userId is not the id of an existing user',
    '1 created, 0 kept, 10 refused',
    '',
  ])
  const after = await dump(to.runner)
  const created = after.summits?.filter(({ name }) => name === 'the-good-one') ?? []
  expect(created).toHaveLength(1)
  expect({ ...after, summits: after.summits?.filter((item) => item !== created[0]) }).toEqual(
    before,
  )
})

test('times of another system that cannot be are refused, and those of an export never', async () => {
  const hash = `$2b$04$${'a'.repeat(21)}u${'b'.repeat(30)}u`
  const user = (item: object) => ({
    ...{ resource: 'users', hash },
    item: { username: `time-${unique()}`, ...item },
  })
  const [early, late, never] = ['2026-01-01', '2026-01-02', '9999-12-31'].map(
    (day) => `${day}T00:00:00.000Z`,
  )
  const soon = new Date(Date.now() + 12 * 60 * 60 * 1000).toISOString()
  const wrong = [{ createdAt: never }, { createdAt: late, updatedAt: early }, { updatedAt: never }]
  const id = '01890000-0000-7000-8000-00000000000'
  const file = write('times.jsonl', [
    header,
    ...wrong.map(user),
    user({ createdAt: early, updatedAt: late }),
    user({ createdAt: early, updatedAt: early }),
    user({ createdAt: soon, updatedAt: soon }),
    // By a clock that was wrong.
    user({ id: `${id}0`, createdAt: never, updatedAt: early }),
    user({ id: `${id}1`, createdAt: early, updatedAt: never }),
  ])
  const { said } = await run(to, 'import', file)
  expect(said.split('\n')).toEqual([
    'line 2: /item/createdAt must not be in the future',
    'line 3: /item/updatedAt must not be before createdAt',
    'line 4: /item/updatedAt must not be in the future; /item/createdAt is required with updatedAt',
    '5 created, 0 kept, 3 refused',
    '',
  ])
})

test('a user of an export whose role is declared no longer comes in with it, and what is theirs', async () => {
  const time = '2026-01-01T00:00:00.000Z'
  const id = '01890000-0000-7000-8000-0000000000c1'
  const times = { createdAt: time, updatedAt: time }
  const item = { username: unique(), role: 'clerk', disabled: false, ...times }
  const hash = hashSync(password, 4)
  const memo = { id, userId: id, title: 'Filed', body: '', ...times }
  const user = { resource: 'users', item: { id, ...item }, hash }
  const lines = [
    { ...user, item: { ...item, username: unique() } },
    user,
    { resource: 'memos', item: memo },
  ]
  expect(
    (await run(to, 'import', write('clerks.jsonl', [header, ...lines]))).said.split('\n'),
  ).toEqual([
    'line 2: /item/role must be one of member, editor, admin',
    '2 created, 0 kept, 1 refused',
    '',
  ])
  const clerk = await to.signIn(item.username, password)
  expect((await to.call('GET /api/v1/users/me', { token: clerk.token })).status).toBe(403)
  const out = join(scratch, 'clerks-again.jsonl')
  await run(to, 'export', '--out', out)
  expect(linesOf(out).filter((line) => line.includes(id))).toHaveLength(2)
  const { token } = to.admin
  const patched = await to.call(`PATCH /api/v1/users/${id}`, { token, body: { role: 'member' } })
  expect(patched).toMatchObject({ status: 200, body: { role: 'member' } })
})

test.each([
  ['{"format":"portcullis","version":2}', 'line 1: version 2 is not 1\n'],
  ['{"resource":"users"}', `${noHeader}\n`],
  ['', `${noHeader}\n`],
  [
    `\ufeff${JSON.stringify(header)}`,
    'line 1: begins with a byte order mark: save the file as UTF-8 without one\n',
  ],
])('a file that begins with %s is refused', async (line, said) => {
  expect(await run(to, 'import', write('other.jsonl', [line]))).toEqual({ status: 1, said })
})

test('an import that breaks off says how far it got', async () => {
  const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
  const id = '01890000-0000-7000-8000-00000000000a'
  const lines = [
    { resource: 'summits', item: { ...times, name: 'the-last-one' } },
    { resource: 'patrons', item: { ...times, id, email: 'late@example.org', name: 'Late' } },
  ]
  const file = write('broken.jsonl', [{ ...header, versions: { patrons: -1 } }, ...lines])
  expect(await run(to, 'import', file)).toEqual({
    status: 1,
    said: '1 created, 0 kept, 0 refused\nInvalid command: /version must be at least 0\n',
  })
})

test('text comes back as it was, whatever breaks lines elsewhere', async () => {
  const { token } = from.admin
  const name = 'Breaks'
  const body = 'a\u2028b\u2029c\u0085d\u000be\rf\r\ng\u001ch'
  const { body: made } = await from.call(`POST /api/v1/users/${from.admin.id}/memos`, {
    token,
    body: { title: name, body },
  })
  const out = join(scratch, 'breaks.jsonl')
  expect((await run(from, 'export', '--out', out)).status).toBe(0)
  const line = linesOf(out).find((text) => text.includes(made.id)) ?? ''
  expect(JSON.parse(line).item).toEqual(made)
  expect(line).not.toMatch(/[\u2028\u2029]/)
  // As earlier exports wrote it.
  const raw = line.replaceAll('\\u2028', '\u2028').replaceAll('\\u2029', '\u2029')
  const { said } = await run(from, 'import', write('raw.jsonl', [header, raw]))
  expect(said).toBe('0 created, 1 kept, 0 refused\n')
})

test('a file in another encoding is refused, and so are two names that differ by case', async () => {
  const hash = `$2b$04$${'a'.repeat(21)}u${'b'.repeat(30)}u`
  const user = (username: string) => ({ resource: 'users', item: { username }, hash })
  const pairs = [
    header,
    user('Pair@example.org'),
    user('pair@example.org'),
    user('Pair@example.org'),
  ]
  expect(await run(to, 'import', write('pairs.jsonl', pairs))).toEqual({
    status: 1,
    said: 'line 3: /item/username is already taken\n1 created, 1 kept, 1 refused\n',
  })
  const again = [header, user('PAIR@example.org')]
  expect((await run(to, 'import', write('again.jsonl', again))).said).toContain('1 refused')
  const latin = join(scratch, 'latin.jsonl')
  const line = JSON.stringify({ resource: 'summits', item: { name: 'zo\u00eb' } })
  writeFileSync(
    latin,
    Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), Buffer.from(line, 'latin1')]),
  )
  expect((await run(to, 'import', latin)).said).toBe(
    'line 2: is not UTF-8\n0 created, 0 kept, 1 refused\n',
  )
})

test('export and import are of what is deployed, whatever this checkout declares', async () => {
  const files = ['here', 'elsewhere'].map((name) => join(scratch, `${name}.jsonl`))
  const [here = '', elsewhere = ''] = files
  expect((await run(from, 'export', '--out', here)).status).toBe(0)
  expect((await runElsewhere(from, 'export', '--out', elsewhere)).status).toBe(0)
  const [, ...records] = linesOf(here)
  expect(records.length).toBeGreaterThan(count)
  expect(linesOf(elsewhere).slice(1)).toEqual(records)
  const some = records.filter((line) => line.startsWith('{"resource":"summits"'))
  expect(await runElsewhere(from, 'import', write('summits.jsonl', [header, ...some]))).toEqual({
    status: 0,
    said: `0 created, ${some.length} kept, 0 refused\n`,
  })
})

test('what an import would not take is told and not exported, but as it is', async () => {
  const [table] = from.runner.model.tables.filter(({ id }) => id.startsWith('Tablessummits'))
  await callEngine(from.runner.dynamodbEndpoint, 'UpdateItem', {
    TableName: table?.name,
    Key: { name: { S: 'k2' } },
    UpdateExpression: 'SET heightM = :low, former = :old',
    ExpressionAttributeValues: { ':low': { N: '-5' }, ':old': { S: 'x' } },
  })
  const out = join(scratch, 'misfits.jsonl')
  const { status, said } = await run(from, 'export', '--out', out)
  expect([status, existsSync(out)]).toEqual([1, false])
  expect(said).toContain('summits k2: /item/heightM must be at least 0\n')
  expect(said).toMatch(/\n1 item does not match its declaration.*export --as-is\n$/)
  expect((await run(from, 'export', '--as-is', '--out', out)).status).toBe(0)
  const line = linesOf(out).find((text) => text.includes('"k2"')) ?? ''
  expect(JSON.parse(line).item).toMatchObject({ heightM: -5, former: 'x' })
  expect(linesOf(out).join()).not.toMatch(/"_\w+":/)
  const refused = 'line 1: it was exported --as-is: import it --as-is\n'
  expect(await run(to, 'import', out)).toEqual({ status: 1, said: refused })
  const few = write('few.jsonl', [{ ...header, asIs: true }, line.replace('"k2"', '"k3"')])
  expect(await run(to, 'import', '--as-is', few)).toEqual({
    status: 0,
    said: '1 created, 0 kept, 0 refused\n',
  })
  const { summits = [] } = await dump(to.runner)
  expect(summits).toContainEqual(expect.objectContaining({ name: 'k3', heightM: -5, former: 'x' }))
  const other = 'line 1: it was not exported --as-is: import it without\n'
  expect(await run(to, 'import', '--as-is', exported)).toEqual({ status: 1, said: other })
})

test('no hash and no password is in a log, but who exported and imported', () => {
  for (const { logs } of [from, to]) {
    const text = logs.join('\n')
    expect(text).not.toMatch(/\$2[aby]\$|password of stranger|correct horse/)
    expect(text).toContain('"event":"data_imported"')
  }
  expect(from.logs.join('\n')).toMatch(
    /"event":"data_exported","resource":"users","count":100,"by":"operator"/,
  )
})

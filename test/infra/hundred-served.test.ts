import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, startApi } from '../api/harness.ts'
import { type Copy, copyProject } from '../copy.ts'

const names = Array.from({ length: 100 }, (_, index) => `records${String(index).padStart(2, '0')}`)
const [last = ''] = names.slice(-1)

function declarationOf(name: string): string {
  return `import { line } from '../model/fields.ts'
import { resource } from '../model/resource.ts'

export const ${name} = resource({
  name: '${name}',
  singular: '${name.replace('s', '')}',
  fields: { title: line(1, 100), kind: line(1, 20) },
  unique: ['title'],
  indexes: [{ by: 'kind' }],
  access: { member: ['read', 'write'] },
})
`
}

function lambdaOf(name: string): string {
  return `import { crud } from './crud/crud.ts'
import { ${name} } from './resources/${name}.ts'

export const handler = crud(${name})
`
}

// To bundle a hundred functions takes a minute: `npm run test:full -- hundred`.
describe.runIf(process.env.FULL === '1')('a hundred resources more, served', () => {
  let copy: Copy
  let api: Api
  beforeAll(async () => {
    copy = copyProject()
    const functions = join(copy.directory, 'functions')
    for (const name of names) {
      writeFileSync(join(functions, 'resources', `${name}.ts`), declarationOf(name))
      writeFileSync(join(functions, `${name}.ts`), lambdaOf(name))
    }
    copy.declare(names)
    api = await startApi({ assembly: copy.synthesize() })
  })
  afterAll(async () => {
    await api?.stop()
    copy?.remove()
  })

  test('what the policy of a token has no room for, its functions refuse', async () => {
    const { username, password } = await api.signUp()
    const scope = names.map((name, at) => `${name}:${at % 2 ? 'read' : 'write'}`).join(' ')
    const { token } = await api.signIn(username, password, { scope })
    const statusOf = async (name: string) => {
      const headers = { Authorization: `Bearer ${token}` }
      return (await fetch(`${api.runner.origin}/api/v1/${name}`, { headers })).status
    }
    expect(await statusOf('records99')).toBe(200)
    expect(await statusOf('records98')).toBe(403)
  })

  test('all routes of the last one answer, and the document has those of all', async () => {
    const { token } = await api.signUp()
    // Not through the harness, which knows the document of this project alone.
    const call = async (method: string, path: string, body?: object, ifMatch?: string) => {
      const answer = await fetch(`${api.runner.origin}/api/v1/${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          ...(ifMatch && { 'If-Match': ifMatch }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      const tag = answer.headers.get('etag') ?? ''
      return { status: answer.status, tag, body: text ? JSON.parse(text) : undefined }
    }
    const created = await call('POST', last, { title: 'One', kind: 'first' })
    expect(created.status).toBe(201)
    const item = `${last}/${created.body.id}`
    expect(await call('POST', last, { title: 'One', kind: 'again' })).toMatchObject({
      status: 409,
      body: { code: 'title_taken' },
    })
    expect((await call('GET', item)).body).toEqual(created.body)
    expect((await call('GET', `${last}?kind=first`)).body.items).toEqual([created.body])
    const patched = await call('PATCH', item, { kind: 'second' }, created.tag)
    expect(patched).toMatchObject({ status: 200, body: { title: 'One', kind: 'second' } })
    expect((await call('PUT', item, { title: 'Two', kind: 'third' }, patched.tag)).status).toBe(200)
    expect((await call('GET', last)).body.items).toMatchObject([{ title: 'Two', kind: 'third' }])
    expect((await call('DELETE', item)).status).toBe(204)
    expect((await call('GET', item)).status).toBe(404)
    const answer = await fetch(`${api.runner.origin}/api/v1/openapi.json`)
    const document = JSON.parse(await answer.text())
    for (const name of names) expect(document.paths).toHaveProperty([`/api/v1/${name}`])
  })
})

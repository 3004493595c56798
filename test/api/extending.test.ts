import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Copy, copyProject } from '../copy.ts'
import { type Api, startApi } from './harness.ts'

/** The files of docs/extending.md, taken from its text. */
const page = readFileSync(join(import.meta.dirname, '../../docs/extending.md'), 'utf8')
const files = [...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(
  ([, name = '', code = '']) => ({ name, code }),
)
const resources = ['recipes', 'tasks', 'steps', 'dinners']

describe('what docs/extending.md says', () => {
  let copy: Copy
  let api: Api

  beforeAll(async () => {
    copy = copyProject()
    copy.withoutProduct()
    for (const { name, code } of files) writeFileSync(join(copy.directory, name), code)
    copy.declare(resources)
    api = await startApi({ assembly: copy.synthesize() })
  })
  afterAll(async () => {
    await api?.stop()
    copy?.remove()
  })

  /** Not through the harness, which knows the document of this project alone. */
  async function call(route: string, token?: string, body?: unknown) {
    const [method = 'GET', path = ''] = route.split(' ')
    const answer = await fetch(`${api.runner.origin}/api/v1${path}`, {
      method,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        'Content-Type': 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text ? JSON.parse(text) : undefined }
  }

  test('has the types that it needs', () => {
    const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '--noEmit', '-p', copy.directory], { stdio: 'pipe' })
  })

  test('works: fields, order, owner, parent, public reads, role, route, change', async () => {
    const { token } = api.admin
    const member = await api.signUp()
    const chef = await api.signUp()
    await api.runner.invoke('admin', {
      command: 'set-role',
      username: chef.username,
      role: 'chef',
    })
    const asChef = (await api.signIn(chef.username, chef.password)).token
    const soup = await call('POST /recipes', asChef, { title: 'Soup', minutes: 20 })
    expect([soup.status, soup.body.slug, soup.body.kind]).toEqual([201, 'soup', 'main'])
    await call('POST /recipes', asChef, { title: 'Stew', minutes: 90 })
    const quick = await call('GET /recipes?kind=main&minutes[lte]=30')
    expect(quick.body.items.map(({ title }: { title: string }) => title)).toEqual(['Soup'])
    const sorted = await call('GET /recipes?sort=-title')
    expect(sorted.body.items.map(({ title }: { title: string }) => title)).toEqual(['Stew', 'Soup'])
    const task = await call('POST /tasks', member.token, { title: 'Shop' })
    expect((await call(`GET /tasks/${task.body.id}`, asChef)).status).toBe(404)
    expect((await call(`GET /tasks/${task.body.id}`, token)).status).toBe(200)
    const steps = `/recipes/${soup.body.id}/steps`
    expect((await call(`POST ${steps}`, asChef, { text: 'Boil', minutes: 5 })).status).toBe(201)
    expect((await call(`GET ${steps}`)).body.items).toHaveLength(1)
    const dinner = await call('POST /dinners', asChef, { title: ' Feast ' })
    expect(dinner.body.title).toBe('Feast')
    const serve = () => call(`POST /dinners/${dinner.body.id}/serving`, asChef)
    expect((await serve()).body.servedAt).toBeTruthy()
    expect((await serve()).body.code).toBe('already_served')
    const told = () => api.logs.filter((line) => line.includes('dinner is served')).length
    await expect.poll(told).toBe(1)
  })
})

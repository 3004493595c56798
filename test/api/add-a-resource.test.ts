import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Copy, copyProject } from '../copy.ts'
import { type Api, type Person, startApi } from './harness.ts'

/** The steps of the README's "Add a resource", taken from its text. */
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** Renamed, as anybody who has followed the README has books already. */
function snippet(file: string): string {
  const [, code] = new RegExp(`// ${file}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (!code) throw new Error(`README.md shows no ${file}`)
  return code.replaceAll('book', 'volume')
}

describe('a resource added as the README says', () => {
  let copy: Copy
  let api: Api
  let member: Person
  const declaration = snippet('functions/resources/books.ts')
  const lambda = snippet('functions/books.ts')

  beforeAll(async () => {
    copy = copyProject()
    writeFileSync(join(copy.directory, 'functions/resources/volumes.ts'), declaration)
    writeFileSync(join(copy.directory, 'functions/volumes.ts'), lambda)
    copy.declare(['volumes'])
    api = await startApi({ assembly: copy.synthesize() })
    member = await api.signUp()
  })
  afterAll(async () => {
    await api?.stop()
    copy?.remove()
  })

  /** Not through the harness, which knows this project's document without the resource. */
  async function call(route: string, { token }: Person, body?: unknown) {
    const [method = 'GET', path = ''] = route.split(' ')
    const answer = await fetch(`${api.runner.origin}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: JSON.parse(await answer.text()) }
  }

  test('takes at most 15 lines', () => {
    const lines = `${declaration}${lambda}`.split('\n').filter((line) => line.trim() !== '')
    expect(lines.length + 2).toBeLessThanOrEqual(15)
  })

  test('has its table, routes, validation, scopes and links', async () => {
    const volume = { title: 'Emma', isbn: '9780141439587', year: 1815 }
    const made = await call('POST /volumes', api.admin, volume)
    expect([made.status, made.body.year]).toEqual([201, 1815])
    expect((await call('POST /volumes', member, volume)).status).toBe(403)
    expect((await call(`GET /volumes/${made.body.id}`, member)).body).toEqual(made.body)
    expect((await call('GET /volumes?title=Emma', member)).body.items).toEqual([made.body])
    const again = await call('POST /volumes', api.admin, volume)
    expect([again.status, again.body.code]).toEqual([409, 'isbn_taken'])
    const wrong = await call('POST /volumes', api.admin, { title: 'Emma', pages: 474 })
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/isbn',
      '/pages',
    ])
    const { _links } = (await call('GET ', member)).body
    expect(_links.volumes).toEqual({ href: '/api/v1/volumes', scope: 'volumes:read' })
  })

  test('is documented', async () => {
    const { paths } = (await call('GET /openapi.json', member)).body
    expect(Object.keys(paths['/api/v1/volumes'])).toEqual(expect.arrayContaining(['get', 'post']))
  })
})

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { edited, resources, wrapHandler } from '../assembly.ts'
import { inParallel, repetitions, times } from '../auth/support.ts'
import { slowness } from '../machine.ts'
import { type Api, startApi } from './harness.ts'

const path = '/api/v1/bulletins'

interface Lambda {
  readonly Description: string
  Timeout: number
}

describe('a hook or a route that hangs', () => {
  let api: Api
  beforeAll(async () => {
    const assembly = edited(inject('assembly'), ({ template }) => {
      for (const { Properties } of resources<Lambda>(template, 'AWS::Lambda::Function'))
        if (Properties.Description === 'bulletins') Properties.Timeout = Math.ceil(2 * slowness())
    })
    api = await startApi({ assembly })
  })
  afterAll(() => api?.stop())

  test('is given up in time to say so: 503, and nothing is written', async () => {
    const { token } = api.admin
    const make = (title: string) => api.call(`POST ${path}`, { token, body: { title } })
    const endless = (await make('is endless')).body
    const [hook, route] = await Promise.all([
      make('hangs'),
      api.call(`GET ${path}/${endless.id}/letters`),
    ])
    for (const { status, body, headers } of [hook, route]) {
      expect([status, body.code]).toEqual([503, 'unavailable'])
      expect(headers.get('retry-after')).toBeTruthy()
    }
    const { body } = await api.call(`GET ${path}`)
    expect(body.items.map(({ title }: { title: string }) => title)).toEqual(['is endless'])
    expect((await make('fine')).status).toBe(201)
  })
})

describe('a function behind changes that dies', () => {
  const changes = repetitions(10_000, 300)
  const items = 20
  const kills = repetitions(50, 5)

  let api: Api
  beforeAll(async () => {
    const assembly = edited(inject('assembly'), ({ bundle }) => {
      // It dies in every other invocation, before, amid or after its changes.
      wrapHandler(
        bundle('bulletin-log'),
        `(handler) => async (event) => {
          const { readFileSync, writeFileSync } = await import('node:fs')
          const file = ${JSON.stringify(`${bundle('bulletin-log')}.count`)}
          let count = 0
          try { count = Number(readFileSync(file, 'utf8')) } catch {}
          writeFileSync(file, String(count + 1))
          const dies = count % 2 === 1 && count < ${2 * kills}
          const { Records } = event
          if (dies && count % 6 === 1) process.exit(1)
          if (dies && count % 6 === 3) {
            await handler({ Records: Records.slice(0, Math.ceil(Records.length / 2)) })
            process.exit(1)
          }
          const answer = await handler(event)
          if (dies) process.exit(1)
          return answer
        }`,
      )
    })
    api = await startApi({ assembly })
  })
  afterAll(() => api?.stop())

  test(`${kills} times is told of each of ${changes} changes, in the order of each item`, async () => {
    const { token } = api.admin
    const made = await inParallel(times(items, String), 8, async (name) => {
      const { body } = await api.call(`POST ${path}`, { token, body: { title: `${name}: 0` } })
      return body.id as string
    })
    const perItem = changes / items
    await inParallel(made, 10, async (id) => {
      const name = made.indexOf(id)
      for (let count = 1; count < perItem; count++) {
        const body = { title: `${name}: ${count}` }
        expect((await api.call(`PATCH ${path}/${id}`, { token, body })).status).toBe(200)
      }
    })
    await expect.poll(() => new Set(told()).size).toBe(changes)
    for (let name = 0; name < items; name++) {
      // Changes that were told already may come again; new ones come in their order.
      const first = [...new Set(told().filter((title) => title.startsWith(`${name}: `)))]
      expect(first).toEqual(times(perItem, (count) => `${name}: ${count}`))
    }
    expect(told().length).toBeGreaterThan(changes)
  })

  function told(): string[] {
    const lines = api.logs.filter((line) => line.includes('"bulletin changed"'))
    return lines.map((line) => JSON.parse(line).after)
  }
})

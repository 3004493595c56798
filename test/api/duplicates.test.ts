import { expect, inject, test } from 'vitest'
import { reindex } from '../../infra/reindex/reindex.ts'
import { dump, violations } from '../invariants.ts'
import { redeclared } from '../redeclared.ts'
import { useApi } from './harness.ts'

const path = '/api/v1/patrons'
const api = useApi({ direct: false })
const call = (route: string, body?: object) =>
  api.call(route, { token: api.admin.token, ...(body && { body }) })
const create = (name: string, email = 'one@b.org') => call(`POST ${path}`, { name, email })

test('a field becomes unique over items with one value: it is taken until all are mended', async () => {
  const plain = (source: string) => source.replace("unique: ['email'],", '')
  await api.runner.reload(await redeclared('patrons', plain, ['patrons', 'admin']))
  const ids: string[] = []
  for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) ids.push((await create(name)).body.id)
  await api.runner.reload(inject('assembly'))
  api.runner.calls.reset()
  expect(await told()).toEqual([ids])
  // The first takes the guard; each of the others, one after the other, tries to take it and then
  // shares it.
  expect(transactions()).toBe(1 + 2 * 4)
  await taken()
  // The newest was met first, and holds the guard.
  expect((await call(`DELETE ${path}/${ids.pop()}`)).status).toBe(204)
  await taken()
  expect(await told()).toEqual([ids])
  const [one, ...others] = ids
  for (const id of others) {
    const { status } = await call(`PATCH ${path}/${id}`, { email: `${id}@b.org` })
    expect(status).toBe(200)
    await taken()
  }
  const lookup = `GET ${path}?email=one@b.org`
  expect((await call(lookup)).body.code).toBe('index_building')
  expect(await told()).toEqual([])
  await taken()
  api.runner.clock.advance(61_000)
  expect((await call(lookup)).body.items).toMatchObject([{ id: one }])
  expect((await call(`PATCH ${path}/${one}`, { email: 'mended@b.org' })).status).toBe(200)
  const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => create(`New ${at}`)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  expect(violations(await dump(api.runner))).toEqual([])
})

async function taken(): Promise<void> {
  const { status, body } = await create('Another')
  expect([status, body.code]).toEqual([409, 'email_taken'])
}

/** The ids of each group of duplicates that re-indexing reports. */
async function told() {
  const operator = (command: object) => api.runner.invoke('admin', command)
  return (await reindex(operator, 'patrons', {})).duplicates.map(({ ids }) => ids)
}

function transactions(): number {
  const ofOperator = api.runner.calls().filter((one) => one.function === 'admin')
  return ofOperator.filter(({ operation }) => operation === 'TransactWriteItems').length
}

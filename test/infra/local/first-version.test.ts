import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { resources } from '../../../functions/resources/index.ts'
import { reindexStatus } from '../../../infra/reindex/reindex.ts'
import { reindexAll } from '../../../infra/reindex/reindex-all.ts'
import { type Api, startApi } from '../../api/harness.ts'
import { scratch } from '../../assembly.ts'

/** What `npm start` of commit d070118 left in `.local/`: its admin, and three students. */
const kept = readFileSync(join(import.meta.dirname, '../../fixtures/first-version.sqlite.gz'))
const students = resources.find(({ name }) => name === 'students')

let api: Api | undefined
afterAll(() => api?.stop())

test.skipIf(!students)(
  'the data of the first version is taken, and served when it is re-indexed',
  async () => {
    const dataDir = join(scratch, 'first')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'dynamodb.sqlite'), gunzipSync(kept))
    const said: string[] = []
    api = await startApi({ dataDir, successive: true, say: (text) => said.push(text) })
    const { runner, call, admin } = api
    expect(said).toContainEqual(
      expect.stringMatching(/^\* students: the index \w+ is new: .* 3 stored items/),
    )
    expect(said).toContainEqual(
      expect.stringMatching(/^\* users: was deployed by a version that kept no record/),
    )
    const list = (query: string) => call(`GET /api/v1/students${query}`, { token: admin.token })
    for (const query of ['', '?sort=name', '?rollNo=r1'])
      expect(await list(query)).toMatchObject({ status: 503, body: { code: 'index_building' } })
    const told: string[] = []
    await reindexAll(
      (command) => runner.invoke('admin', command),
      (text) => told.push(text),
      () => {},
      runner.isEmpty,
    )
    const status = await reindexStatus((command) => runner.invoke('admin', command))
    expect(status.filter(({ complete }) => !complete)).toEqual([])
    expect(told).toContain('students: 3 items, 3 of them written under a different declaration')
    const names = async (query: string) =>
      (await list(query)).body.items.map(({ name }: { name: string }) => name)
    runner.clock.advance(61_000)
    expect(await names('')).toEqual(['S3', 'S2', 'S1'])
    expect(await names('?sort=name')).toEqual(['S1', 'S2', 'S3'])
    expect(await names('?age[gte]=22')).toEqual(['S2', 'S3'])
    expect(await names('?rollNo=r1')).toEqual(['S1'])
  },
)

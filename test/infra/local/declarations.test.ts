import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tableId } from '../../../functions/config/environment.ts'
import type { Declaration, Resource } from '../../../functions/model/declaration.ts'
import { integer, line, slug } from '../../../functions/model/fields.ts'
import { users } from '../../../functions/model/parents.ts'
import { resource } from '../../../functions/model/resource.ts'
import { type Runner, type RunnerOptions, startRunner } from '../../../infra/local/runner.ts'
import { recordName, writtenRecord } from '../../../infra/plan/deployed.ts'
import { recordOf } from '../../../infra/plan/record.ts'
import { table } from '../../store/engine.ts'
import { edited, scratch, synthesize } from './fixture.ts'

type More = Partial<Declaration>

const fields = { title: line(1, 100), pages: integer(1, 999), code: slug(20) }
const books = (more: More = {}) =>
  resource({ name: 'books', singular: 'book', fields, ...more } as Declaration)
const indexes: More = { indexes: [{ by: 'title' }, { sort: 'pages' }, { by: 'code' }] }

const demo = await synthesize()

/** A small stack with the table of this resource too, as it would be declared; or without it. */
function assemblyWith(book?: Resource): string {
  return edited(demo, (template) => {
    const record = writtenRecord(recordOf(book ? [book] : []))
    Object.assign(template, { Metadata: { [recordName]: record } })
    if (!book) return
    const { TableName: _, ...Properties } = table(book)
    template.Resources[tableId(book.name)] = { Type: 'AWS::DynamoDB::Table', Properties }
  })
}

const running = new Set<Runner>()
afterAll(() => Promise.all([...running].map((runner) => runner.stop())))

async function start(book: Resource | undefined, options: Partial<RunnerOptions> = {}) {
  const said: string[] = []
  const runner = await startRunner({
    assembly: assemblyWith(book),
    log: () => {},
    say: (text) => said.push(text),
    ...options,
  })
  running.add(runner)
  const stop = async () => {
    running.delete(runner)
    await runner.stop()
  }
  return { runner, said, stop }
}

type Call = (operation: string, body: object) => Promise<Record<string, unknown>>

/** Calls the engine itself. */
function engineOf({ dynamodbEndpoint }: Runner): Call {
  return async (operation, body) => {
    const answer = await fetch(dynamodbEndpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `DynamoDB_20120810.${operation}`,
        Authorization:
          'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
        'X-Amz-Date': '20260101T000000Z',
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Record<string, unknown>
  }
}

const TableName = tableId('books')

async function storeItem(call: Call): Promise<void> {
  const Item = { id: { S: 'a' }, _rev: { S: 'r' }, title: { S: 'Emma' } }
  await call('PutItem', { TableName, Item })
}

async function stored(call: Call): Promise<number> {
  const { Count } = await call('Scan', { TableName, Select: 'COUNT' })
  return Number(Count)
}

async function indexNames(call: Call): Promise<string[]> {
  const { Table } = (await call('DescribeTable', { TableName })) as {
    Table: { GlobalSecondaryIndexes: { IndexName: string }[] }
  }
  return Table.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName).sort()
}

describe('several indexes at once', () => {
  test('are refused in one update, made or removed, and stay as they are', async () => {
    const { runner } = await start(books())
    const call = engineOf(runner)
    await expect(runner.reload(assemblyWith(books(indexes)))).rejects.toThrow(
      /Cannot perform more than one GSI creation or deletion in a single update \(3 here\)/,
    )
    expect(await indexNames(call)).toEqual(['list'])
    await runner.reload(assemblyWith(books({ indexes: [{ by: 'title' }] })))
    expect(await indexNames(call)).toEqual(['by_title', 'list'])
    await expect(runner.reload(assemblyWith(books({ indexes: [{ by: 'code' }] })))).rejects.toThrow(
      '(2 here)',
    )
    await runner.reload(assemblyWith(books()))
    expect(await indexNames(call)).toEqual(['list'])
  })

  test('are made one after another where that is asked for, and removed so', async () => {
    const { runner, said } = await start(books(), { successive: true })
    const call = engineOf(runner)
    await storeItem(call)
    expect(said).toEqual([])
    await runner.reload(assemblyWith(books(indexes)))
    expect(await indexNames(call)).toEqual(['by_code', 'by_title', 'list', 'sort_pages'])
    expect(said.filter((line) => line.startsWith('* books: the index'))).toHaveLength(3)
    await runner.reload(assemblyWith(books({ indexes: [{ sort: 'code' }] })))
    expect(await indexNames(call)).toEqual(['list', 'sort_code'])
    expect(await stored(call)).toBe(1)
  })
})

describe('over data that is kept', () => {
  const rekeyed = books({ key: 'code' })
  const required = books({ fields: { ...fields, note: line(1, 9) } })

  test.each([
    ['another key', rekeyed, /an empty table takes the place of the one with 1 stored item/],
    ['a parent', books({ parent: users }), /found by userId and id instead of id/],
    ['an owner', books({ owner: 'private' }), /found by userId and id instead of id/],
    [
      'another name',
      resource({ ...books(), name: 'novels' } as never),
      /its table with 1 stored item is deleted.* novels has the same fields/,
    ],
    ['no declaration', undefined, /books: is not declared any more/],
  ])('%s is refused, and replaces it where that is said', async (name, now, message) => {
    const dataDir = join(scratch, `kept-${name.replaceAll(' ', '-')}`)
    const first = await start(books(), { dataDir })
    await storeItem(engineOf(first.runner))
    await first.stop()
    await expect(start(now, { dataDir })).rejects.toThrow(message)
    await expect(start(now, { dataDir })).rejects.toThrow(
      'Nothing was changed. To go on: npm start -- --replace books',
    )
    const again = await start(books(), { dataDir })
    expect(await stored(engineOf(again.runner))).toBe(1)
    await again.stop()
    const accepted = { replace: ['books'], widen: [] }
    const second = await start(now, { dataDir, accepted })
    const call = engineOf(second.runner)
    if (now?.name === 'books') expect(await stored(call)).toBe(0)
    else await expect(stored(call)).rejects.toThrow('ResourceNotFoundException')
    // `accepted` counts for one start; later ones compare with what replaced the table.
    await second.stop()
    await (await start(now, { dataDir })).stop()
  })

  test('a required field and what opens it are refused; an empty table takes all', async () => {
    const dataDir = join(scratch, 'kept')
    const open = books({ access: { public: ['read'] } })
    const first = await start(books(), { dataDir })
    // Nothing is stored: another key makes another table.
    await first.runner.reload(assemblyWith(rekeyed))
    await first.runner.reload(assemblyWith(required))
    await first.runner.reload(assemblyWith(books()))
    await storeItem(engineOf(first.runner))
    await expect(first.runner.reload(assemblyWith(required))).rejects.toThrow(
      /books: the required field note is new, .* Refused\.\nNothing was changed/,
    )
    await first.stop()
    await expect(start(required, { dataDir })).rejects.toThrow('the required field note is new')
    await expect(start(open, { dataDir })).rejects.toThrow(
      /may list, read: over 1 stored item\. To go on: --widen books\nNothing.*-- --widen books$/s,
    )
    const accepted = { replace: [], widen: ['books'] }
    const second = await start(open, { dataDir, accepted })
    expect(second.said.join()).toContain('everybody, without a token, may list, read')
    // What was accepted for one deployment is not accepted for the next.
    const wide = books({ access: { public: ['read'], member: ['write'] } })
    await expect(second.runner.reload(assemblyWith(wide))).rejects.toThrow('--widen books')
    await second.stop()
  })

  test('of a version that kept no record, the tables tell the key, and all is re-indexed', async () => {
    const dataDir = join(scratch, 'old')
    const without = (assembly: string) =>
      edited(assembly, (template) => {
        delete (template as { Metadata?: unknown }).Metadata
      })
    const first = await start(undefined, { dataDir, assembly: without(assemblyWith(books())) })
    await storeItem(engineOf(first.runner))
    await first.stop()
    await expect(start(rekeyed, { dataDir })).rejects.toThrow('--replace books')
    const { said, stop } = await start(books(), { dataDir })
    expect(said.join('\n')).toMatch(/\* books: was deployed by a version that kept no record/)
    await stop()
    const again = await start(books(), { dataDir })
    expect(again.said).toEqual([])
    await again.stop()
  })
})

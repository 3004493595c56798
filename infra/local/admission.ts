import { isDeepStrictEqual } from 'node:util'
import { tableId } from '../../functions/config/environment.ts'
import { Failure } from '../failure.ts'
import { roleChanges } from '../plan/access-changes.ts'
import { type Accepted, type Change, changeLines, optionsToGoOn, stopping } from '../plan/change.ts'
import { compare } from '../plan/compare.ts'
import { knownByKeys } from '../plan/deployed.ts'
import type { DeclarationRecord, KnownResources } from '../plan/record.ts'
import type { Engine } from './aws/engine.ts'
import { countItems, deleteTable, describeTable } from './aws/tables.ts'
import { readJson, writePrivate } from './files.ts'

/** What the data was last served with, kept beside it. */
export interface ServedRecord {
  read(): DeclarationRecord | undefined
  write(record: DeclarationRecord): void
}

export function openServedRecord(file?: string): ServedRecord {
  let record = readJson<DeclarationRecord>(file)
  return {
    read: () => record,
    write(served) {
      record = served
      writePrivate(file, JSON.stringify(served))
    },
  }
}

/** Every item has one; nothing else in a table does. */
const revision = '_rev'

/**
 * Holds what is declared now against what the data was last served with, as `npm run deploy` does.
 * Tables that are no longer declared, or that an empty one replaces, are deleted.
 * @throws Failure saying what stops it, and how to go on
 */
export async function admit(
  engine: Engine,
  served: ServedRecord,
  declared: DeclarationRecord,
  accepted: Accepted,
  say: (text: string) => void,
): Promise<void> {
  const now = declared.resources
  const record = served.read()
  const roles = roleChanges(record, declared)
  const before = record?.resources ?? (await knownByTables(engine, Object.keys(now)))
  if (roles.length === 0 && isDeepStrictEqual(before, now)) return
  const counts = new Map<string, number>()
  for (const { resource } of compare(before, now, () => undefined))
    if (!counts.has(resource))
      counts.set(resource, await countItems(engine, tableId(resource), revision))
  const changes = [...roles, ...compare(before, now, (resource) => counts.get(resource))]
  const stops = stopping(changes, accepted)
  if (stops.length > 0) throw new Failure(refusal(changes, accepted))
  const isFirst = Object.keys(before).length === 0
  // `npm start` re-indexes before it serves.
  for (const line of isFirst ? [] : changeLines(changes, accepted, '')) say(line)
  for (const [name, { keys }] of Object.entries(before))
    if (!isDeepStrictEqual(keys, now[name]?.keys)) await deleteTable(engine, tableId(name))
}

function refusal(changes: readonly Change[], accepted: Accepted): string {
  const options = optionsToGoOn(changes)
  const remedy = options
    ? `Nothing was changed. To go on: npm start -- ${options.join(' ')}`
    : 'Nothing was changed. Without these items: --ephemeral, or remove .local/ (all local data).'
  return [...changeLines(changes, accepted, ''), remedy].join('\n')
}

/** Where no record of the data was kept, the tables tell what they can. */
async function knownByTables(engine: Engine, names: readonly string[]): Promise<KnownResources> {
  const entries = await Promise.all(
    names.map(async (name) => {
      const table = await describeTable(engine, tableId(name))
      const { KeySchema = [], GlobalSecondaryIndexes: indexes = [] } = table ?? {}
      const known = knownByKeys(
        KeySchema,
        indexes.map(({ IndexName }) => IndexName),
      )
      return table ? [[name, known] as const] : []
    }),
  )
  return Object.fromEntries(entries.flat())
}

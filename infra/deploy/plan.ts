import { isDeepStrictEqual } from 'node:util'
import { tableId } from '../../functions/config/environment.ts'
import { Failure } from '../failure.ts'
import { roleChanges } from '../plan/access-changes.ts'
import type { Change } from '../plan/change.ts'
import { compare } from '../plan/compare.ts'
import { indexesOf, knownOf, readRecord, type TemplateText } from '../plan/deployed.ts'
import { changedIndexes, type Indexes, indexSteps, stepText } from '../plan/index-steps.ts'
import type { DeclarationRecord } from '../plan/record.ts'
import type { Tools } from './commands.ts'
import { countItems, tableNames } from './deployed-stack.ts'
import type { ChangingTable } from './table-indexes.ts'

/** What a stack was deployed with, as far as a plan goes by it. */
interface Basis {
  readonly record: DeclarationRecord | undefined
  readonly indexes: Indexes
}

/** What a deployment would do to what is stored, and in how many steps. */
export interface Plan {
  readonly changes: readonly Change[]
  /** The indexes after each deployment; the last has those that are declared. */
  readonly steps: readonly Indexes[]
  /** What each deployment finds; undefined where it makes the stack. */
  readonly bases: readonly (Basis | undefined)[]
  /** What each deployment does to indexes, for people. */
  readonly texts: readonly string[]
  /** The tables that are there and get or lose indexes. */
  readonly changing: readonly ChangingTable[]
  /** The resources whose tables are there, and stay. */
  readonly kept: readonly string[]
  /** The resources whose tables this deployment makes. */
  readonly made: readonly string[]
}

/** The plan for a stack that is not deployed yet. */
export function firstPlan(wanted: TemplateText): Plan {
  const made = Object.keys(readRecord(wanted)?.resources ?? {})
  const steps = [indexesOf(wanted)]
  return { changes: [], steps, bases: [undefined], texts: [], changing: [], kept: [], made }
}

/** Whether a stack is as a plan, or the step before, has left it. */
export function isStill(basis: Basis | undefined, deployed: TemplateText | undefined): boolean {
  if (!basis || !deployed) return !basis && !deployed
  const found = indexesOf(deployed)
  const isSame = (id: string, indexes: Indexes[string]) => {
    const { gone, made } = changedIndexes(indexes, found[id] ?? [])
    return gone.length + made.length === 0
  }
  return (
    isDeepStrictEqual(basis.record, readRecord(deployed)) &&
    Object.entries(basis.indexes).every(([id, indexes]) => isSame(id, indexes))
  )
}

/**
 * Compares what is declared with what a stack was deployed with. Items are counted where it depends
 * on them what a change means.
 */
export async function planOf(
  aws: Tools['aws'],
  stack: string,
  deployed: TemplateText,
  wanted: TemplateText,
): Promise<Plan> {
  const record = readRecord(wanted)
  if (!record) throw new Failure(`the template of ${stack} has no record of the declarations`)
  const now = record.resources
  const before = knownOf(deployed, Object.keys(now))
  const affected = new Set(compare(before, now, () => undefined).map(({ resource }) => resource))
  const there = [...affected].filter((name) => before[name])
  const ids = new Map(Object.keys(now).map((name) => [tableId(name), name]))
  // A table whose place another takes has nothing to keep.
  const isKept = (name: string) => isDeepStrictEqual(before[name]?.keys, now[name]?.keys)
  const from = only(indexesOf(deployed), (id) => isKept(ids.get(id) ?? ''))
  const steps = indexSteps(
    from,
    only(indexesOf(wanted), (id) => ids.has(id)),
  )
  const reindexed = changedTables(from, steps.at(-1) ?? {})
  const isAsked = there.length + reindexed.length > 0
  const names = isAsked ? await tableNames(aws, stack) : new Map<string, string>()
  const counts = new Map<string, number | undefined>()
  for (const name of there) {
    const table = names.get(tableId(name))
    counts.set(name, table === undefined ? 0 : await countItems(aws, table))
  }
  return {
    changes: [
      ...roleChanges(readRecord(deployed), record),
      ...compare(before, now, (resource) => counts.get(resource)),
    ],
    steps,
    bases: [
      { record: readRecord(deployed), indexes: indexesOf(deployed) },
      ...steps.slice(0, -1).map((indexes) => ({ record, indexes })),
    ],
    texts: steps.map((step, at) =>
      stepText(steps[at - 1] ?? from, step, (id) => ids.get(id) ?? id),
    ),
    changing: reindexed.flatMap(({ id, ...indexes }) => {
      const table = names.get(id)
      return table === undefined ? [] : [{ resource: ids.get(id) ?? id, table, ...indexes }]
    }),
    kept: Object.keys(now).filter(isKept),
    made: Object.keys(now).filter((name) => !isKept(name)),
  }
}

/** The tables that get or lose indexes, by their ids in the stack. */
function changedTables(from: Indexes, wanted: Indexes) {
  const namesOf = (indexes: Indexes[string]) => indexes.map(({ IndexName }) => IndexName)
  return Object.entries(wanted).flatMap(([id, indexes]) => {
    const there = from[id] ?? indexes
    const { gone, made } = changedIndexes(there, indexes)
    if (gone.length + made.length === 0) return []
    return [{ id, there: namesOf(there), made: namesOf(made) }]
  })
}

function only(indexes: Indexes, isWanted: (id: string) => boolean): Indexes {
  return Object.fromEntries(Object.entries(indexes).filter(([id]) => isWanted(id)))
}

/** Only the tables of a step that differ from what is declared: they go on a command line. */
export function heldBack(step: Indexes, wanted: Indexes): Indexes {
  return only(step, (id) => !isDeepStrictEqual(step[id], wanted[id]))
}

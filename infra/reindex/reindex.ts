import { setTimeout as delay } from 'node:timers/promises'
import type {
  ReindexPage,
  ReindexPosition,
  ReindexStatus,
} from '../../functions/operator/reindex-page.ts'
import type { Duplicate, Unfit } from '../../functions/store/reindex.ts'
import { Failure } from '../failure.ts'

/** Sends a command to the operator's function. */
export type Invoke = (command: object) => Promise<unknown>

interface ReindexOptions {
  /** Only says what would be done. */
  readonly check?: boolean
  /** At most so many items a second. */
  readonly rate?: number
  readonly onProgress?: (done: number) => void
}

/** The items that have one value of a unique field. */
export interface DuplicateGroup {
  readonly field: string
  readonly value: unknown
  readonly ids: readonly unknown[]
}

export interface Reindexed {
  readonly items: number
  /** Items that were not as the declaration asks. */
  readonly behind: number
  /** Those that still are not, apart from items whose unique values others have too. */
  readonly left: number
  readonly duplicates: readonly DuplicateGroup[]
  /** Items that cannot be brought to the declaration. */
  readonly unfit: readonly Unfit[]
}

/** All resources, each after the one that it lies under. */
export async function reindexStatus(invoke: Invoke): Promise<readonly ReindexStatus[]> {
  return (await invoke({ command: 'reindex-status' })) as ReindexStatus[]
}

/** A request that began before an item was reached may leave it behind, which the next walk finds. */
const mostWalks = 5

/**
 * Brings all items of a resource to what its declaration asks, page by page, until a walk finds
 * none that it can bring there, and says so in its table. It can be stopped at any point and
 * started again.
 */
export async function reindex(
  invoke: Invoke,
  resource: string,
  options: ReindexOptions,
): Promise<Reindexed> {
  return reindexAmong(await reindexStatus(invoke), invoke, resource, options)
}

/** The same where the status of all resources has been read. */
export async function reindexAmong(
  all: readonly ReindexStatus[],
  invoke: Invoke,
  resource: string,
  options: ReindexOptions,
): Promise<Reindexed> {
  const begun = options.check ? undefined : await begin(invoke, resource)
  const first = await walk(all, invoke, resource, options)
  let last = first
  for (let walks = 1; !options.check && last.behind > last.stuck && walks < mostWalks; walks++)
    last = await walk(all, invoke, resource, options)
  const { items, duplicates, unfit } = last
  const left = last.behind - last.twice
  const except = [...new Set(duplicates.map(({ field }) => field))]
  if (begun && left === 0) await end(invoke, resource, begun, except)
  return { items, behind: first.behind, left, duplicates, unfit }
}

/** Says in a table without items that all are as the declaration asks. */
export async function recordEmpty(invoke: Invoke, resource: string): Promise<void> {
  await end(invoke, resource, await begin(invoke, resource), [])
}

async function begin(invoke: Invoke, resource: string): Promise<Begun> {
  return (await invoke({ command: 'reindex-begin', resource })) as Begun
}

interface Begun {
  readonly walk: string
}

async function end(
  invoke: Invoke,
  resource: string,
  { walk }: Begun,
  except: readonly string[],
): Promise<void> {
  const done = await invoke({ command: 'reindex-end', resource, walk, except })
  if (!(done as { ended: boolean }).ended)
    throw new Failure(
      `${resource}: other code, an import --as-is or another re-indexing wrote meanwhile: re-index it again`,
    )
}

async function walk(
  all: readonly ReindexStatus[],
  invoke: Invoke,
  resource: string,
  { check = false, rate, onProgress = () => {} }: ReindexOptions,
) {
  const began = performance.now()
  const unfit: Unfit[] = []
  const taken: Duplicate[] = []
  const holders = new Map<string, Duplicate | Duplicate[]>()
  let [items, behind] = [0, 0]
  for await (const page of pages(all, invoke, resource, {
    check,
    limit: Math.ceil(Math.min(1000, rate ?? 1000)),
  })) {
    items += page.ids.length
    behind += page.behind
    unfit.push(...page.unfit)
    taken.push(...page.duplicates)
    for (const value of page.values) {
      const others = holders.get(value.guard)
      holders.set(value.guard, others === undefined ? value : [others, value].flat())
    }
    onProgress(items)
    const ahead = rate === undefined ? 0 : (items / rate) * 1000 - (performance.now() - began)
    if (ahead > 0) await delay(ahead)
  }
  const twice = new Set(taken.map(({ id }) => id)).size
  const duplicates = check ? groupsOf(holders) : groupsOfTaken(taken)
  return { items, behind, unfit, duplicates, twice, stuck: twice + unfit.length }
}

function groupsOf(holders: ReadonlyMap<string, Duplicate | Duplicate[]>): DuplicateGroup[] {
  return [...holders.values()]
    .filter((values) => Array.isArray(values))
    .map((values) => ({
      field: values[0]?.field ?? '',
      value: values[0]?.value,
      ids: values.map(({ id }) => id).sort(),
    }))
}

function groupsOfTaken(taken: readonly Duplicate[]): DuplicateGroup[] {
  const groups = Map.groupBy(taken, ({ field, guard }) => JSON.stringify([field, guard]))
  return [...groups.values()].map((group) => ({
    field: group[0]?.field ?? '',
    value: group[0]?.value,
    ids: [...new Set(group.flatMap(({ holder, id }) => [holder ?? [], id].flat()))].sort(),
  }))
}

async function* pages(
  all: readonly ReindexStatus[],
  invoke: Invoke,
  resource: string,
  options: { check: boolean; limit: number },
): AsyncGenerator<ReindexPage> {
  for await (const parents of parentsOf(all, invoke, resource)) {
    let position: ReindexPosition | null = { ...(parents && { parents }) }
    while (position) {
      const command = { command: 'reindex-page', resource, ...options, ...position }
      const page = (await invoke(command)) as ReindexPage
      yield page
      position = page.next
    }
  }
}

/** The keys of what the items lie under, a page at a time; undefined, once, if there is none. */
async function* parentsOf(
  all: readonly ReindexStatus[],
  invoke: Invoke,
  resource: string,
): AsyncGenerator<readonly string[] | undefined> {
  const parent = all.find((status) => status.resource === resource)?.parent
  if (parent === undefined) {
    yield undefined
    return
  }
  const options = { check: true, limit: 100 }
  for await (const { ids } of pages(all, invoke, parent, options)) if (ids.length > 0) yield ids
}

import { setTimeout as delay } from 'node:timers/promises'
import type {
  ReindexPage,
  ReindexPosition,
  ReindexStatus,
} from '../../functions/operator/reindex-page.ts'
import type { Duplicate } from '../../functions/store/reindex.ts'

/** Sends a command to the operator's function. */
export type Invoke = (command: object) => Promise<unknown>

export interface ReindexOptions {
  /** Only says what would be done. */
  readonly check?: boolean
  /** At most so many items a second. */
  readonly rate?: number
  readonly onProgress?: (done: number) => void
}

export interface Reindexed {
  readonly items: number
  /** Items that were not as the declaration asks. */
  readonly behind: number
  /** Values of unique fields that several items have. */
  readonly duplicates: readonly Duplicate[]
}

/** All resources, those that others lie under before them. */
export async function reindexStatus(invoke: Invoke): Promise<readonly ReindexStatus[]> {
  return (await invoke({ command: 'reindex-status' })) as ReindexStatus[]
}

/**
 * Brings all items of a resource to what its declaration asks, page by page, and says so in its table
 * at the end. To stop it at any point and begin again does no harm.
 */
export async function reindex(
  invoke: Invoke,
  resource: string,
  { check = false, rate, onProgress = () => {} }: ReindexOptions,
): Promise<Reindexed> {
  const began = performance.now()
  const duplicates: Duplicate[] = []
  const values = new Map<string, Duplicate[]>()
  let [items, behind] = [0, 0]
  for await (const page of pages(invoke, resource, check)) {
    items += page.ids.length
    behind += page.behind
    duplicates.push(...page.duplicates)
    for (const value of page.values) {
      const name = JSON.stringify([value.field, String(value.value).normalize().toLowerCase()])
      values.set(name, [...(values.get(name) ?? []), value])
    }
    onProgress(items)
    const ahead = rate === undefined ? 0 : (items / rate) * 1000 - (performance.now() - began)
    if (ahead > 0) await delay(ahead)
  }
  if (check) duplicates.push(...[...values.values()].filter(({ length }) => length > 1).flat())
  else {
    const except = [...new Set(duplicates.map(({ field }) => field))]
    await invoke({ command: 'reindex-end', resource, except })
  }
  return { items, behind, duplicates }
}

async function* pages(
  invoke: Invoke,
  resource: string,
  check: boolean,
): AsyncGenerator<ReindexPage> {
  for await (const parents of parentsOf(invoke, resource)) {
    let position: ReindexPosition | null = { ...(parents && { parents }) }
    while (position) {
      const command = { command: 'reindex-page', resource, check, limit: 100, ...position }
      const page = (await invoke(command)) as ReindexPage
      yield page
      position = page.next
    }
  }
}

/** The keys of what the items lie under, a page at a time; once nothing where that is nothing. */
async function* parentsOf(
  invoke: Invoke,
  resource: string,
): AsyncGenerator<readonly string[] | undefined> {
  const all = await reindexStatus(invoke)
  const parent = all.find((status) => status.resource === resource)?.parent
  if (parent === undefined) {
    yield undefined
    return
  }
  for await (const { ids } of pages(invoke, parent, true)) if (ids.length > 0) yield ids
}

import { readAccount } from '../accounts/account-changes.ts'
import { factorsToExport } from '../accounts/factor-transfer.ts'
import { users } from '../accounts/users.ts'
import { serialize } from '../crud/serialize.ts'
import type { Resource } from '../model/declaration.ts'
import { newestFirst } from '../model/list-plan.ts'
import { Problem } from '../model/problems.ts'
import { retryOnConflict } from '../store/dynamodb.ts'
import type { Item } from '../store/items.ts'
import { readPage } from '../store/lists.ts'
import type { TransferRecord } from './records.ts'

/** Where a page begins; its answer says where the next one does. */
export interface ExportPosition {
  /** Of items under a parent: whose are still to be told. */
  readonly parents?: readonly string[] | undefined
  /** The place that the page of before ended with, of the first parent. */
  readonly after?: string | undefined
  /** With the secrets of second factors. */
  readonly withSecrets?: true | undefined
}

export interface ExportPage {
  readonly records: readonly TransferRecord[]
  readonly next: ExportPosition | null
}

/** A page ends with the part that reaches this; the answer of a function has at most 6 MB. */
const enough = { records: 100, bytes: 1024 * 1024 }

/** The items of a resource page by page, newest first, by the queries of its lists. */
export async function exportPage(
  resource: Resource,
  { parents = [], after, withSecrets }: ExportPosition,
): Promise<ExportPage> {
  const { parent } = resource
  const left: readonly (string | undefined)[] = parent ? parents : [undefined]
  const records: TransferRecord[] = []
  let [bytes, position] = [0, after]
  for (const [index, id] of left.entries()) {
    const page = await readPage(resource, {
      anyShard: true,
      parent: parent ? { [parent.param]: id } : {},
      plan: newestFirst,
      limit: enough.records,
      after: position,
    })
    const told = await Promise.all(
      page.items.map((item) => recordOf(resource, item, withSecrets ?? false)),
    )
    records.push(...told.filter((record) => record !== undefined))
    bytes += Buffer.byteLength(JSON.stringify(told))
    position = page.next ?? undefined
    const full = records.length >= enough.records || bytes >= enough.bytes
    if (!position && !full) continue
    const rest = parents.slice(position ? index : index + 1)
    if (!position && rest.length === 0) break
    return { records, next: { ...(parent && { parents: rest }), after: position } }
  }
  return { records, next: null }
}

/** Undefined for a user who was deleted while the list was read. */
async function recordOf(
  resource: Resource,
  item: Item,
  withSecrets: boolean,
): Promise<TransferRecord | undefined> {
  if (resource !== users) return { item: serialize(resource, item) }
  try {
    // The list may be behind: user and hash are read as they are, and fit together.
    const { user, credentials } = await retryOnConflict(() => readAccount(String(item.id)))
    const { hash, factor } = credentials
    const factors = factor && { factor, ...(await factorsToExport(user.id, withSecrets)) }
    return { item: serialize(users, user), hash, ...factors }
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return undefined
    throw error
  }
}

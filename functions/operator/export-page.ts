import { readAccount } from '../accounts/account-changes.ts'
import { factorsToExport } from '../accounts/factor-transfer.ts'
import { users } from '../accounts/users.ts'
import { serialize } from '../crud/serialize.ts'
import type { Resource } from '../model/declaration.ts'
import { newestFirst } from '../model/list-plan.ts'
import { faultInWords, Problem } from '../model/problems.ts'
import { faults } from '../model/validation.ts'
import { retryOnConflict } from '../store/dynamodb.ts'
import type { Item } from '../store/items.ts'
import { readStoredPage } from '../store/lists.ts'
import { fitting, type Unfit } from '../store/reindex.ts'
import { upgradesOf } from '../store/versions.ts'
import { recordSchema, type TransferRecord } from './records.ts'

/** Where a page begins; its answer says where the next one does. */
export interface ExportPosition {
  /** For items under a parent: the parents whose items are still to be exported. */
  readonly parents?: readonly string[] | undefined
  /** The place that the previous page ended with, in the first parent. */
  readonly after?: string | undefined
  /** With the secrets of second factors. */
  readonly withSecrets?: true | undefined
  /** With all that is stored. */
  readonly asIs?: boolean | undefined
}

export interface ExportPage {
  readonly records: readonly TransferRecord[]
  /** Items that an import would not take, and why. */
  readonly unfit: readonly Unfit[]
  readonly next: ExportPosition | null
}

/** A page ends with the part that reaches this; the answer of a function has at most 6 MB. */
const enough = { records: 100, bytes: 1024 * 1024 }

/**
 * The items of a resource page by page, newest first, by the queries of its lists: in the form that
 * the declaration has now or, `asIs`, with all that is stored.
 */
export async function exportPage(
  resource: Resource,
  { parents = [], after, withSecrets, asIs = false }: ExportPosition,
): Promise<ExportPage> {
  const { parent } = resource
  const left: readonly (string | undefined)[] = parent ? parents : [undefined]
  const records: TransferRecord[] = []
  const unfit: Unfit[] = []
  let [bytes, position] = [0, after]
  for (const [index, id] of left.entries()) {
    const page = await readStoredPage(resource, {
      anyShard: true,
      parent: parent ? { [parent.param]: id } : {},
      plan: newestFirst,
      limit: enough.records,
      after: position,
    })
    const made = await Promise.all(
      page.items.map((item) =>
        asIs && resource !== users
          ? storedRecord(item)
          : recordOf(resource, item, withSecrets ?? false),
      ),
    )
    for (const record of made)
      if (record && 'why' in record) unfit.push(record)
      else if (record) records.push(record)
    bytes += Buffer.byteLength(JSON.stringify(made))
    position = page.next ?? undefined
    const full = records.length >= enough.records || bytes >= enough.bytes
    if (!position && !full) continue
    const rest = parents.slice(position ? index : index + 1)
    if (!position && rest.length === 0) break
    return { records, unfit, next: { ...(parent && { parents: rest }), after: position } }
  }
  return { records, unfit, next: null }
}

function storedRecord(item: Item): TransferRecord {
  const fields = Object.entries(item).filter(([name]) => !name.startsWith('_'))
  const version = upgradesOf(item)
  return { item: Object.fromEntries(fields), ...(version > 0 && { version }) }
}

/** Undefined for a user who was deleted while the list was read. */
async function recordOf(
  resource: Resource,
  stored: Item,
  withSecrets: boolean,
): Promise<TransferRecord | Unfit | undefined> {
  if (resource !== users) return shownRecord(resource, stored)
  try {
    // The list may be behind: user and hash are read as they are now, and fit together.
    const { user, credentials } = await retryOnConflict(() => readAccount(String(stored.id)))
    const { hash, factor } = credentials
    const factors = factor && { factor, ...(await factorsToExport(user.id, withSecrets)) }
    return { item: serialize(users, user), hash, ...factors }
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return undefined
    throw error
  }
}

/** An import takes whatever an export writes. */
function shownRecord(resource: Resource, stored: Item): TransferRecord | Unfit {
  const id = stored[resource.key]
  const item = fitting(resource, stored)
  if (typeof item === 'string') return { id, why: item }
  const record = { item: serialize(resource, item) }
  const { error } = recordSchema(resource).safeParse(record)
  if (!error) return record
  return {
    id,
    why: faults(error.issues).map(faultInWords).join('; '),
  }
}

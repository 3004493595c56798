import * as z from 'zod'
import type { Resource } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from '../store/attributes.ts'
import { beforeWriting, withdrawalStep } from '../store/completeness.ts'
import { asDeclared } from '../store/declared.ts'
import { retryOnConflict, type Step } from '../store/dynamodb.ts'
import { shareUnique } from '../store/guards.ts'
import { type Item, insertItem, newItem } from '../store/items.ts'
import { heldGuards, itemVersion } from '../store/layout.ts'
import { fitting } from '../store/reindex.ts'
import { isNewer, partsOf, reindexedVersion, versionMark } from '../store/versions.ts'
import type { TransferRecord } from './records.ts'

const anyRecord = z.looseObject({ item: z.looseObject({}) })

/**
 * A record of an older declaration as this one has it: upgraded, with the computed fields that it
 * lacks. Anything that is not a record stays as it is.
 * @returns a Problem, whose cause says why, where it cannot be upgraded
 */
export function upgradedRecord(resource: Resource, given: unknown, version: number): unknown {
  const wanted = resource.upgrade.length
  if (version > wanted) return unfit('was exported by newer code: import it there')
  const { data } = anyRecord.safeParse(given)
  if (!data) return given
  try {
    const { [itemVersion]: _, ...item } = asDeclared(resource, storedAt(version, data.item))
    return { ...data, item }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Where nothing was upgraded, the schema tells each fault.
    return version === wanted ? given : error
  }
}

/** An item as the table has it after a write under a version of the declaration. */
function storedAt(version: number, item: Attributes): Item {
  const stored: Attributes = { ...item, [itemVersion]: versionMark(version, '') }
  return stored as Item
}

function unfit(why: string): Problem {
  return new Problem('unavailable', undefined, { cause: new Error(why) })
}

/**
 * Writes an item with all that was stored of it, upgraded where it can be. What the declaration
 * asks for and the item cannot have is left out for this item alone: then the table is to be
 * re-indexed, which reports it again. That is recorded together with the item, or neither is
 * written. A unique value that another item has is shared with that item.
 * @returns what a create returns, except for a unique value that another item has
 */
export async function createAsIs(
  resource: Resource,
  { item, version = 0 }: TransferRecord,
  { sequence, isNew }: Made,
  steps: readonly Step<'not_found'>[],
): Promise<string | undefined> {
  const stored = storedAt(version, item)
  const isOfNewer = isNewer(resource, stored)
  const found = isOfNewer ? stored : fitting(resource, stored)
  const fits = typeof found !== 'string'
  const { [itemVersion]: _, ...fields }: Attributes = fits ? found : stored
  const none = { indexes: [], unique: [] }
  let asked: Resource = fits ? resource : { ...resource, ...none }
  const twice: string[] = []
  const lacks = () => isOfNewer || asked !== resource
  await beforeWriting(resource)
  const attempt = async () => {
    const made = importedItem(asked, fields, { sequence, isNew })
    const shared = await shareUnique(resource, made, twice)
    const marks = [made[heldGuards] ?? [], shared.map(({ mark }) => mark)].flat()
    const own = {
      [itemVersion]: versionOfMade(resource, made, { fits, version }),
      ...(marks.length > 0 && { [heldGuards]: marks }),
    }
    const also: Step<string>[] = [...steps, ...shared.map(({ step }) => step)]
    // Newer code may have other names for the fields: such an item may lack anything.
    const has = fits && !isOfNewer ? asked : { ...resource, ...none, upgrade: [] }
    if (lacks()) also.push(await withdrawalStep(resource, partsOf(has)))
    const failure = await insertItem(asked, { ...made, ...own }, also)
    const field = asked.unique.find((name) => failure === `${name}_taken`)
    if (field === undefined) return failure === 'stale' ? undefined : { failure }
    twice.push(field)
    asked = { ...asked, unique: asked.unique.filter((name) => name !== field) }
    return undefined
  }
  const { failure } = await retryOnConflict(() => (lacks() ? inTurn(attempt) : attempt()))
  return failure
}

let last: Promise<unknown> = Promise.resolve()

/** One after another: each changes the record of what all items have. */
function inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
  const turn = last.then(change, change)
  last = turn
  return turn
}

/** An item that could not be upgraded, or is newer, keeps its version. */
function versionOfMade(
  { upgrade }: Resource,
  made: Attributes,
  { fits, version }: { fits: boolean; version: number },
): string {
  const mark = String(made[itemVersion])
  if (!fits) return versionMark(version, '')
  return version > upgrade.length ? versionMark(version, mark.split('.')[1] ?? '') : mark
}

interface Made {
  /** The UUIDv7 that gives its place in lists. */
  readonly sequence: string
  /** Whether it may be marked as made here. */
  readonly isNew: boolean
}

/** A new item, but for its mark where it may be older than what is there. */
export function importedItem(
  resource: Resource,
  fields: Attributes,
  { sequence, isNew }: Made,
): Item {
  const item = newItem(resource, fields, sequence)
  return isNew ? item : { ...item, [itemVersion]: reindexedVersion(resource, {}) }
}

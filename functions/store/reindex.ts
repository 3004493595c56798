import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { beforeWriting } from './completeness.ts'
import { asDeclared } from './declared.ts'
import { ifCondition, put, retryOnConflict, type Step, sayTooLarge } from './dynamodb.ts'
import { allOf } from './expressions.ts'
import { isSharing, writeGuarded } from './guards.ts'
import { type Item, readStored, unchanged } from './items.ts'
import { guardKey, heldGuards, indexAttributes, itemVersion, keyOf, shardOf } from './layout.ts'
import { isNewer, isOfVersion, reindexedVersion, writtenVersion } from './versions.ts'

/** A unique value that another item has already. */
export interface Duplicate {
  readonly field: string
  readonly value: unknown
  readonly id: unknown
  /** The key of the guard, which only one item has. */
  readonly guard: string
  /** The item that has it. */
  readonly holder?: unknown
}

/** An item that cannot be brought to the declaration, and stays as it is. */
export interface Unfit {
  readonly id: unknown
  readonly why: string
}

export interface Reindexed {
  readonly duplicates: readonly Duplicate[]
  readonly unfit: readonly Unfit[]
}

const nothing: Reindexed = { duplicates: [], unfit: [] }

/**
 * Gives an item what the declaration asks for, under its revision, which stays: a client sees no
 * change. Its unique values are taken; those that another item has are shared and reported, and the
 * item stays unfinished. A second time it does nothing.
 */
export async function reindexItem(resource: Resource, seen: Item): Promise<Reindexed> {
  if (isOfVersion(resource, seen)) return nothing
  // What it takes from items that are of another declaration must not be counted on any more.
  await beforeWriting(resource)
  return retryOnConflict(async () => {
    const stored = await readStored(resource, keyOf(resource, seen))
    if (!stored || isOfVersion(resource, stored)) return nothing
    const item = fitting(resource, stored)
    const unfit = (why: string) => ({ ...nothing, unfit: [{ id: stored[resource.key], why }] })
    if (typeof item === 'string') return unfit(item)
    const written = await write(resource, stored, item)
    if (typeof written === 'string') return unfit(written)
    const { failure, duplicates } = written
    if (failure !== undefined) return undefined
    const twice = uniqueValues(resource, item).flatMap((value) => {
      const duplicate = duplicates.find(({ field }) => field === value.field)
      return duplicate ? [{ ...value, holder: duplicate.holder }] : []
    })
    return { ...nothing, duplicates: twice }
  })
}

/** The item as it is declared now, or why it cannot be. */
export function fitting(resource: Resource, stored: Item): Item | string {
  if (isNewer(resource, stored)) return 'was written by newer code: deploy that again'
  try {
    return asDeclared(resource, stored)
  } catch (error) {
    if (error instanceof Problem) return (error.cause as Error).message
    throw error
  }
}

async function write(resource: Resource, stored: Item, item: Item) {
  const places = shardOf(resource, stored)
  const after: Attributes = {
    ...withoutIndexes(item),
    ...places,
    ...indexAttributes(resource, { ...item, ...places }),
  }
  const step = (marks: readonly string[] | undefined): Step<'stale'> => {
    const shares = marks?.some(isSharing)
    const version = shares ? writtenVersion(resource, stored) : reindexedVersion(resource, stored)
    const own = { [heldGuards]: marks, [itemVersion]: version }
    const Put = {
      TableName: tableName(resource.name),
      Item: { ...after, ...own },
      ...allOf(unchanged(stored)),
    }
    return { write: { Put }, failure: 'stale' }
  }
  const alone = async ({ write: { Put } }: Step<'stale'>) =>
    Put && (await ifCondition(put(Put))) ? undefined : ('stale' as const)
  const change = { before: stored, current: after, after, write: step }
  return writeGuarded(resource, change, alone).catch(sayTooLarge)
}

/** Attributes of indexes that are no longer declared go with them. */
function withoutIndexes(item: Item): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !/^_(?:by|sort)_/.test(name)))
}

/** The item's values of unique fields. */
export function uniqueValues(resource: Resource, item: Item): Duplicate[] {
  return resource.unique
    .filter((field) => item[field] !== undefined)
    .map((field) => {
      const guard = Object.values(guardKey(resource, field, item)).join(' ')
      return { field, value: item[field], id: item[resource.key], guard }
    })
}

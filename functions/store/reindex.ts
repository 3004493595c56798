import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { ifCondition, put, retryOnConflict, type Step, transact } from './dynamodb.ts'
import { allOf, equal } from './expressions.ts'
import { type Item, readItem } from './items.ts'
import {
  guardKey,
  guardOwner,
  indexAttributes,
  itemVersion,
  keyNames,
  keyOf,
  shardOf,
} from './layout.ts'
import { versionOf } from './versions.ts'

/** A unique value that another item has already. */
export interface Duplicate {
  readonly field: string
  readonly value: unknown
  readonly id: unknown
}

/**
 * Gives an item what the declaration asks for, under its revision, which stays: nothing that a client
 * sees has changed. Its unique values are taken; those that another item has are told, and the item
 * stays unfinished. Done again it does nothing.
 */
export async function reindexItem(resource: Resource, seen: Item): Promise<Duplicate[]> {
  if (seen[itemVersion] === versionOf(resource)) return []
  return retryOnConflict(async () => {
    const item = await readItem(resource, keyOf(resource, seen))
    if (!item) return []
    const taken: string[] = []
    for (;;) {
      const fields = resource.unique.filter((field) => !taken.includes(field))
      const failure = await write(resource, item, fields, taken.length === 0)
      if (failure === 'stale') return undefined
      if (failure === undefined)
        return taken.map((field) => ({ field, value: item[field], id: item[resource.key] }))
      taken.push(failure)
    }
  })
}

/** @returns the field whose value another item has, or `stale` */
async function write(
  resource: Resource,
  item: Item,
  unique: readonly string[],
  isWhole: boolean,
): Promise<string | undefined> {
  const Put = {
    TableName: tableName(resource.name),
    Item: {
      ...withoutIndexes(item),
      ...reindexed(resource, item),
      [itemVersion]: isWhole ? versionOf(resource) : undefined,
    },
    ...allOf([equal('_rev', item._rev)]),
  }
  const guards = unique
    .filter((field) => item[field] !== undefined)
    .map((field) => claim(resource, field, item))
  if (guards.length === 0) return (await ifCondition(put(Put))) ? undefined : 'stale'
  const failure = await transact([{ write: { Put }, failure: 'stale' }, ...guards])
  return failure
}

function reindexed(resource: Resource, item: Item): Attributes {
  const listed = { ...item, ...shardOf(resource, item) }
  return { ...shardOf(resource, item), ...indexAttributes(resource, listed) }
}

/** Attributes of indexes that are no longer declared go with them. */
function withoutIndexes(item: Item): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !/^_(?:by|sort)_/.test(name)))
}

/** Guards of before they named their owners are claimed by the first that has the value. */
function claim(resource: Resource, field: string, item: Item): Step<string> {
  const owner = item[resource.key]
  return {
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: { ...guardKey(resource, field, item), [guardOwner]: owner },
        ConditionExpression:
          'attribute_not_exists(#partition) OR attribute_not_exists(#owner) OR #owner = :owner',
        ExpressionAttributeNames: {
          '#partition': keyNames(resource).partition,
          '#owner': guardOwner,
        },
        ExpressionAttributeValues: { ':owner': owner },
      },
    },
    failure: field,
  }
}

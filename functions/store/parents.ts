import { tableName } from '../config/environment.ts'
import type { Parent } from '../model/declaration.ts'
import { ownerName } from '../model/parents.ts'
import type { Attributes } from './attributes.ts'
import { get, query, type Step } from './dynamodb.ts'
import { ownerIndex } from './layout.ts'

/** The key of an item that others lie under, in its own table. */
export interface ParentKey {
  readonly parent: Parent
  readonly key: Attributes
}

/** The parent as it is now, with the attribute that names its owner, if it has one. */
export async function readParent({ parent, key }: ParentKey): Promise<Attributes | undefined> {
  const { Item } = await get({
    TableName: tableName(parent.name),
    Key: key,
    ConsistentRead: true,
    ProjectionExpression: '#key, #owner',
    ExpressionAttributeNames: { '#key': parent.key, '#owner': ownerName },
  })
  return Item
}

/** The part of a create's transaction that fails when the parent is gone: no orphan is made. */
export function parentExistsStep<Failure extends string>(
  { parent, key }: ParentKey,
  failure: Failure,
): Step<Failure> {
  return {
    write: {
      ConditionCheck: {
        TableName: tableName(parent.name),
        Key: key,
        ConditionExpression: 'attribute_exists(#key)',
        ExpressionAttributeNames: { '#key': parent.key },
      },
    },
    failure,
  }
}

/**
 * The owner of an item of a private resource: only callers who may see others' items need it. An
 * item of the last moment may be missing, as an index is written after the item.
 */
export async function findOwner(resource: string, id: string): Promise<string | undefined> {
  const { Items = [] } = await query({
    TableName: tableName(resource),
    IndexName: ownerIndex,
    KeyConditionExpression: '#id = :id',
    ExpressionAttributeNames: { '#id': 'id' },
    ExpressionAttributeValues: { ':id': id },
    Limit: 1,
  })
  const owner = Items[0]?.[ownerName]
  return owner === undefined ? undefined : String(owner)
}

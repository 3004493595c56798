import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { get, type Step } from './dynamodb.ts'

/** Whether the parent that the key of an item names is there; true where items have no parent. */
export async function parentExists(resource: Resource, key: Attributes): Promise<boolean> {
  if (!resource.parent) return true
  const { name, param } = resource.parent
  const { Item } = await get({
    TableName: tableName(name),
    Key: { id: key[param] },
    ProjectionExpression: 'id',
    ConsistentRead: true,
  })
  return Item !== undefined
}

/**
 * What is read under a parent, who is looked up meanwhile.
 * @throws Problem not_found when the parent is gone: what lies there still is gone too
 */
export async function readUnderParent<Found>(
  resource: Resource,
  key: Attributes,
  reading: Promise<Found>,
): Promise<Found> {
  const [found, known] = await Promise.all([reading, parentExists(resource, key)])
  if (!known) throw new Problem('not_found')
  return found
}

/** The part of a create's transaction that fails when the parent is gone: no orphan is made. */
export function parentExistsStep(resource: Resource, key: Attributes): Step<'not_found'>[] {
  if (!resource.parent) return []
  const { name, param } = resource.parent
  return [
    {
      write: {
        ConditionCheck: {
          TableName: tableName(name),
          Key: { id: key[param] },
          ConditionExpression: 'attribute_exists(id)',
        },
      },
      failure: 'not_found',
    },
  ]
}

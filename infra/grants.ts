import type { Operation, OwnRoute, Resource } from '../functions/model/declaration.ts'
import { users } from '../functions/model/parents.ts'
import { referencesOf } from '../functions/model/references.ts'
import { indexKeys, listIndex, ownerIndex } from '../functions/store/layout.ts'

/** DynamoDB actions by table; `students/list` is the index of that name. */
export type TableGrants = Readonly<Record<string, readonly string[]>>

/** What the one CRUD mechanism does with the table of a resource, and with those it depends on. */
export function resourceGrants(resource: Resource): TableGrants {
  const { name, parent, owner, own } = resource
  const byOperation: Readonly<Record<Operation, readonly string[]>> = {
    // The key of the cursors is made by the first list that needs it.
    list: ['GetItem', 'UpdateItem', ...(parent ? ['Query'] : [])],
    create: ['GetItem', 'PutItem'],
    read: ['GetItem'],
    // Guards of unique values are released, also those of fields that were unique once.
    replace: ['DeleteItem', 'GetItem', 'PutItem'],
    patch: ['DeleteItem', 'GetItem', 'PutItem'],
    // The record of what is complete may be changed by the first write.
    remove: ['DeleteItem', 'GetItem', 'PutItem'],
  }
  const performed = [...resource.operations, ...Object.values(own).flatMap(operationOf)]
  const actions = [...new Set(performed)].flatMap((operation) => byOperation[operation])
  const indexes = [
    ...(parent ? [] : [listIndex]),
    ...(owner === 'private' ? [ownerIndex] : []),
    ...resource.indexes.map((index) => indexKeys(resource, index).name),
  ]
  return merged([
    { [name]: actions },
    Object.fromEntries(indexes.map((index) => [`${name}/${index}`, ['Query']])),
    parentGrants(resource),
    ...referencesOf(resource).map(itemGrants),
  ])
}

/** The operation that a route of one's own does with its item. */
function operationOf({ on, method, answer }: OwnRoute): Operation[] {
  if (on === 'collection') return []
  return method === 'GET' || answer ? ['read'] : ['patch']
}

/**
 * The parent is looked up, and must be there when an item is made; so must the owner of an item.
 */
function parentGrants({ parent, owner }: Resource): TableGrants {
  const above = owner === 'readable' ? users : parent
  if (!above) return {}
  return merged([{ [above.name]: ['ConditionCheckItem', 'GetItem'] }, itemGrants(above)])
}

/** To look for an item that a request names, and for its owner. */
function itemGrants({ name, owner }: Pick<Resource, 'name' | 'owner'>): TableGrants {
  return {
    [name]: ['GetItem'],
    ...(owner && { [users.name]: ['GetItem'] }),
    ...(owner === 'private' && { [`${name}/${ownerIndex}`]: ['Query'] }),
  }
}

/** Reads all items by their lists, and writes those of an import. */
export function transferGrants(resources: readonly Resource[]): TableGrants {
  const ofItems = resources.map(({ name, parent }) => ({
    [name]: ['DeleteItem', 'GetItem', 'PutItem', ...(parent ? ['Query'] : [])],
  }))
  const ofLists = resources
    .filter(({ parent }) => !parent)
    .map(({ name }) => ({ [`${name}/${listIndex}`]: ['Query'] }))
  const ofParents = resources.map((resource) => parentGrants(resource))
  return merged([...ofItems, ...ofLists, ...ofParents])
}

/** Deletes what a deleted parent or owner had. */
export function cleanUpGrants(resources: readonly Resource[]): TableGrants {
  return merged(
    resources.map(({ name, parent, owner }): TableGrants => {
      if (parent) return { [name]: ['BatchWriteItem', 'Query'] }
      return owner ? { [name]: ['BatchWriteItem'], [`${name}/${ownerIndex}`]: ['Query'] } : {}
    }),
  )
}

/** The tables of what others lie under or belong to: the clean-up is told of deletions there. */
export function parentTables(resources: readonly Resource[]): readonly string[] {
  const names = resources.flatMap(({ parent, owner }) => [
    ...(parent ? [parent.name] : []),
    ...(owner ? [users.name] : []),
  ])
  return [...new Set(names)]
}

function merged(all: readonly TableGrants[]): TableGrants {
  const tables = new Set(all.flatMap((grants) => Object.keys(grants)))
  return Object.fromEntries(
    [...tables].map((table) => [
      table,
      [...new Set(all.flatMap((grants) => grants[table] ?? []))].sort(),
    ]),
  )
}

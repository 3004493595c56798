import type { Operation, Resource } from '../functions/model/declaration.ts'
import { indexKeys, listIndex } from '../functions/store/layout.ts'

/** DynamoDB actions by table; `students/list` is the index of that name. */
export type TableGrants = Readonly<Record<string, readonly string[]>>

/** What the one CRUD mechanism does with the table of a resource, and with that of its parent. */
export function resourceGrants(resource: Resource): TableGrants {
  const { name, parent, unique, lookups } = resource
  const guards = unique.length > 0 ? ['DeleteItem'] : []
  const byOperation: Readonly<Record<Operation, readonly string[]>> = {
    // The key of the cursors is made by the first list that needs it.
    list: ['UpdateItem', ...(parent ? ['Query'] : []), ...(lookups.length > 0 ? ['GetItem'] : [])],
    create: ['GetItem', 'PutItem'],
    read: ['GetItem'],
    replace: ['GetItem', 'PutItem', ...guards],
    patch: ['GetItem', 'PutItem', ...guards],
    remove: ['DeleteItem', 'GetItem'],
  }
  const actions = resource.operations.flatMap((operation) => byOperation[operation])
  const declared = resource.indexes.map((index) => indexKeys(resource, index).name)
  const indexes = [...(parent ? [] : [listIndex]), ...declared]
  return {
    [name]: [...new Set(actions)].sort(),
    ...Object.fromEntries(indexes.map((index) => [`${name}/${index}`, ['Query']])),
    ...(parent && { [parent.name]: ['ConditionCheckItem', 'GetItem'] }),
  }
}

/** Reads all items by their lists, and writes those of an import. */
export function transferGrants(resources: readonly Resource[]): TableGrants {
  const ofItems = resources.map(({ name, parent }) => [
    name,
    parent ? ['GetItem', 'PutItem', 'Query'] : ['GetItem', 'PutItem'],
  ])
  const ofLists = resources
    .filter(({ parent }) => !parent)
    .map(({ name }) => [`${name}/${listIndex}`, ['Query']])
  return Object.fromEntries([...ofItems, ...ofLists])
}

/** Deletes what a deleted user owned. */
export function cleanUpGrants(resources: readonly Resource[]): TableGrants {
  const tables = resources.filter(({ parent }) => parent).map(({ name }) => name)
  return Object.fromEntries(tables.map((name) => [name, ['BatchWriteItem', 'Query']]))
}

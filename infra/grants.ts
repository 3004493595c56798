import type { Operation, Resource } from '../functions/model/declaration.ts'
import { resources } from '../functions/routes/registry.ts'
import { filterIndex, listIndex } from '../functions/store/layout.ts'

/** DynamoDB actions by table; `students/list` is the index of that name. */
export type TableGrants = Readonly<Record<string, readonly string[]>>

export interface Grants {
  readonly tables: TableGrants
  /** Secrets Manager actions on the signing secret. */
  readonly secret?: readonly string[]
}

/** Exactly what each function does on AWS; the tests compare it with what they see it do. */
export function grants(symmetric: boolean): Readonly<Record<string, Grants>> {
  const readsSecret = { secret: ['GetSecretValue'] }
  const rotatesSecret = [
    'DescribeSecret',
    'GetSecretValue',
    'PutSecretValue',
    'UpdateSecretVersionStage',
  ]
  return {
    authorizer: {
      tables: { sessions: ['GetItem'], ...(!symmetric && { keys: ['Query'] }) },
      ...(symmetric && readsSecret),
    },
    login: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
        throttle: ['DeleteItem', 'UpdateItem'],
      },
      ...readsSecret,
    },
    signup: {
      tables: { credentials: ['PutItem'], users: ['PutItem'], throttle: ['UpdateItem'] },
    },
    sessions: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query', 'UpdateItem'],
        throttle: ['DeleteItem', 'UpdateItem'],
        users: ['GetItem'],
      },
    },
    system: { tables: { users: ['GetItem'], ...(!symmetric && { keys: ['Query'] }) } },
    admin: {
      tables: {
        ...transferGrants(),
        credentials: ['GetItem', 'PutItem', 'UpdateItem'],
        keys: symmetric
          ? ['DeleteItem', 'Query']
          : ['DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query'],
        users: ['ConditionCheckItem', 'GetItem', 'PutItem', 'UpdateItem'],
      },
      secret: rotatesSecret,
    },
    users: {
      tables: {
        users: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        'users/list': ['Query'],
        credentials: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query'],
        throttle: ['UpdateItem'],
      },
    },
    'clean-up': { tables: cleanUpGrants() },
    'rotate-keys': {
      tables: symmetric
        ? { keys: ['Query', 'UpdateItem'] }
        : { keys: ['PutItem', 'Query', 'UpdateItem'] },
      secret: rotatesSecret,
    },
    ...Object.fromEntries(
      resources
        .filter(({ name }) => name !== 'users')
        .map((resource) => [resource.name, { tables: resourceGrants(resource) }]),
    ),
  }
}

/** What the one CRUD mechanism does with the table of a resource, and with that of its parent. */
function resourceGrants(resource: Resource): TableGrants {
  const { name, parent, unique, filters } = resource
  const guards = unique.length > 0 ? ['DeleteItem'] : []
  const byOperation: Readonly<Record<Operation, readonly string[]>> = {
    // The key of the cursors is made by the first list that needs it.
    list: parent ? ['Query', 'UpdateItem'] : ['UpdateItem'],
    create: ['GetItem', 'PutItem'],
    read: ['GetItem'],
    replace: ['GetItem', 'PutItem', ...guards],
    patch: ['GetItem', 'PutItem', ...guards],
    remove: ['DeleteItem', 'GetItem'],
  }
  const actions = resource.operations.flatMap((operation) => byOperation[operation])
  const indexes = [...(parent ? [] : [listIndex]), ...filters.map(filterIndex)]
  return {
    [name]: [...new Set(actions)].sort(),
    ...Object.fromEntries(indexes.map((index) => [`${name}/${index}`, ['Query']])),
    ...(parent && { [parent.name]: ['ConditionCheckItem', 'GetItem'] }),
  }
}

/** Reads all items by their lists, and writes those of an import. */
function transferGrants(): TableGrants {
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
function cleanUpGrants(): TableGrants {
  const tables = resources.filter(({ parent }) => parent).map(({ name }) => name)
  return Object.fromEntries(tables.map((name) => [name, ['BatchWriteItem', 'Query']]))
}

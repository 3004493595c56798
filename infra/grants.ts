import { resources } from '../functions/resources/registry.ts'
import type { Resource } from '../functions/resources/resource.ts'
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
  return {
    authorizer: {
      tables: { sessions: ['GetItem'], ...(!symmetric && { keys: ['Query'] }) },
      ...(symmetric && readsSecret),
    },
    login: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
      },
      ...readsSecret,
    },
    signup: { tables: { credentials: ['PutItem'], users: ['PutItem'] } },
    sessions: { tables: { sessions: ['DeleteItem'] } },
    system: { tables: { users: ['GetItem'], ...(!symmetric && { keys: ['Query'] }) } },
    admin: {
      tables: { credentials: ['GetItem', 'PutItem'], users: ['PutItem', 'UpdateItem'] },
    },
    users: {
      tables: {
        users: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        'users/list': ['Query'],
        credentials: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query'],
      },
    },
    'rotate-keys': {
      tables: symmetric
        ? { keys: ['Query', 'UpdateItem'] }
        : { keys: ['PutItem', 'Query', 'UpdateItem'] },
      secret: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
    },
    ...Object.fromEntries(
      resources
        .filter(({ name }) => name !== 'users')
        .map((resource) => [resource.name, { tables: resourceGrants(resource) }]),
    ),
  }
}

/** What the one CRUD mechanism does with the table of a resource. */
function resourceGrants(resource: Resource): TableGrants {
  const indexes = [...(resource.parent ? [] : [listIndex]), ...resource.filters.map(filterIndex)]
  return {
    [resource.name]: [
      'DeleteItem',
      'GetItem',
      'PutItem',
      'UpdateItem',
      ...(resource.parent ? ['Query'] : []),
    ],
    ...Object.fromEntries(indexes.map((index) => [`${resource.name}/${index}`, ['Query']])),
  }
}

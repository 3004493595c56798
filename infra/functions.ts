import { users } from '../functions/model/parents.ts'
import { checkNames } from './check-names.ts'
import {
  cleanUpGrants,
  parentTables,
  resourceGrants,
  type TableGrants,
  transferGrants,
} from './grants.ts'
import type { Product } from './product.ts'
import type { SecretName } from './secrets.ts'
import type { Stage } from './stages.ts'

/** What a function is given: nothing that it does not need. */
export interface FunctionSettings {
  /** What it does on DynamoDB; with it come the names of the tables. */
  readonly tables: TableGrants
  /** By table, the only attributes that its UpdateItem may name; without them it may name any. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>
  /** What it does on Secrets Manager; with it come the ids of the secrets. */
  readonly secrets?: Readonly<Partial<Record<SecretName, readonly string[]>>>
  /** It computes hashes of passwords, and has the memory for it. */
  readonly hashes?: true
  /** Seconds; ten unless nobody waits for it. */
  readonly timeout?: number
  /** The changes of tables that wake it, at least once each. */
  readonly reads?: { readonly of: readonly string[]; readonly kinds: readonly ChangeKind[] }
  /** It may use any table: their names reach it in the short form. */
  readonly everyTable?: true
  /** It sends mail. */
  readonly sends?: true
  readonly environment?: Readonly<Record<string, string>>
}

/** The longest that any function may run, seconds. */
export const longestInvocation = 60

export type ChangeKind = 'INSERT' | 'MODIFY' | 'REMOVE'

/**
 * The functions, by the names of their files in `functions/`. The tests compare what each may do
 * with what they see it do. One that serves a resource has what the resource needs.
 * @throws Error where two would have the same name
 */
export function functionSettings(
  { resources }: Product,
  stage: Stage,
): Readonly<Record<string, FunctionSettings>> {
  // A name that is free in one stage would be taken in the next.
  const everywhere = ownSettings(resources, { ...stage, mailFrom: 'always' })
  checkNames(
    resources,
    Object.keys(everywhere).filter((name) => name !== users.name),
  )
  const ofResources = resources.map((resource) => [
    resource.name,
    { tables: resourceGrants(resource) },
  ])
  const ofChanges = resources.flatMap(({ name, onChange }) =>
    Object.entries(onChange).map(([reader, settings]): [string, FunctionSettings] => [
      reader,
      {
        tables: settings.mails ? outboxGrants(stage) : {},
        reads: { of: [name], kinds: ['INSERT', 'MODIFY', 'REMOVE'] },
        timeout: longestInvocation,
      },
    ]),
  )
  return {
    ...Object.fromEntries(ofResources),
    ...Object.fromEntries(ofChanges),
    ...ownSettings(resources, stage),
  }
}

/** What a function needs to write into the outbox, where the stage sends mail. */
function outboxGrants({ mailFrom }: Stage): TableGrants {
  return mailFrom ? { outbox: ['PutItem'] } : {}
}

/** The functions of the API itself. */
function ownSettings(
  resources: Product['resources'],
  stage: Stage,
): Readonly<Record<string, FunctionSettings>> {
  const symmetric = stage.algorithm === 'HS256'
  const mails = outboxGrants(stage)
  const readsKeys = { signing: ['GetSecretValue'] }
  const rotatesKeys = {
    signing: ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'],
  }
  return {
    authorizer: {
      // Where the uses of an API key count, the read is a write.
      tables: { sessions: ['GetItem', 'UpdateItem'], ...(!symmetric && { keys: ['Query'] }) },
      // The key, what it compares and what it counts: no scope, role or ancestor.
      attributes: {
        sessions: [
          ...['userId', 'sessionId', 'hash', 'expiresAt'],
          ...['usesLeft', 'lastUsedAt', 'lastUse'],
        ],
      },
      ...(symmetric && { secrets: readsKeys }),
    },
    tokens: {
      tables: {
        sessions: ['ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
        users: ['GetItem'],
        ...(!symmetric && { keys: ['Query'] }),
        ...mails,
      },
      ...(symmetric && { secrets: readsKeys }),
    },
    login: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
        throttle: ['DeleteItem', 'PutItem', 'UpdateItem'],
        ...(!symmetric && { keys: ['Query'] }),
        ...mails,
      },
      secrets: { ...readsKeys, factor: ['GetSecretValue'] },
      hashes: true,
    },
    factors: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['ConditionCheckItem', 'DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
        throttle: ['DeleteItem', 'UpdateItem'],
        users: ['GetItem'],
        ...mails,
      },
      secrets: { factor: ['GetSecretValue'] },
      hashes: true,
    },
    signup: {
      tables: {
        credentials: ['PutItem'],
        users: ['PutItem'],
        throttle: ['UpdateItem'],
        ...mails,
      },
      hashes: true,
    },
    sessions: {
      tables: {
        credentials: ['GetItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query', 'UpdateItem'],
        throttle: ['DeleteItem', 'UpdateItem'],
        users: ['GetItem'],
        ...mails,
      },
      hashes: true,
    },
    system: { tables: { users: ['GetItem'], ...(!symmetric && { keys: ['Query'] }) } },
    users: {
      tables: {
        users: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        'users/list': ['Query'],
        credentials: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
        sessions: ['DeleteItem', 'Query', 'UpdateItem'],
        throttle: ['UpdateItem'],
        ...mails,
      },
      hashes: true,
    },
    admin: {
      tables: {
        ...transferGrants(resources),
        credentials: ['GetItem', 'PutItem', 'UpdateItem'],
        keys: symmetric
          ? ['DeleteItem', 'Query']
          : ['DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
        sessions: ['DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
        users: ['ConditionCheckItem', 'GetItem', 'PutItem', 'UpdateItem'],
        ...mails,
      },
      secrets: { ...rotatesKeys, factor: ['GetSecretValue'] },
      hashes: true,
      everyTable: true,
    },
    ...(stage.mailFrom && {
      email: {
        tables: {
          credentials: ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
          sessions: ['DeleteItem', 'PutItem', 'Query', 'UpdateItem'],
          throttle: ['UpdateItem'],
          users: ['GetItem', 'PutItem'],
          ...mails,
        },
        secrets: { mail: ['GetSecretValue'] },
        hashes: true as const,
      },
      mailer: {
        tables: { credentials: ['GetItem'], throttle: ['UpdateItem'] },
        secrets: { mail: ['GetSecretValue'] },
        reads: { of: ['outbox'], kinds: ['INSERT'] as const },
        timeout: longestInvocation,
        sends: true as const,
      },
    }),
    'clean-up': {
      tables: cleanUpGrants(resources),
      reads: { of: parentTables(resources), kinds: ['REMOVE'] },
      timeout: longestInvocation,
      everyTable: true,
    },
    'rotate-keys': {
      tables: symmetric
        ? { keys: ['Query', 'UpdateItem'] }
        : { keys: ['PutItem', 'Query', 'UpdateItem'] },
      secrets: { ...rotatesKeys, ...(stage.mailFrom && { mail: rotatesKeys.signing }) },
      timeout: longestInvocation,
    },
  }
}

import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  BillingMode,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { Resource } from '../functions/model/declaration.ts'
import { resources } from '../functions/routes/registry.ts'
import {
  filterAttribute,
  filterIndex,
  keyNames,
  listIndex,
  sequenceName,
  timeToLive,
} from '../functions/store/layout.ts'
import { accept } from './findings.ts'
import type { Stage } from './stages.ts'

interface Keys {
  readonly partition: string
  readonly sort?: string | undefined
  readonly timeToLive?: string
  /** Tells the clean-up function what was deleted. */
  readonly stream?: boolean
  /** Holds what the stack's own key protects. */
  readonly secret?: boolean
}

/** The tables: those of authentication and one a resource, by the name that functions use. */
export function tables(
  scope: Construct,
  stage: Stage,
  key: IKey | undefined,
): ReadonlyMap<string, Table> {
  const parent = new Construct(scope, 'Tables')
  const own = (name: string, keys: Keys): [string, Table] => [
    name,
    table(parent, name, keys, stage, key),
  ]
  return new Map([
    own('credentials', { partition: 'username', secret: true }),
    own('sessions', { partition: 'userId', sort: 'sessionId', timeToLive: 'ttl', secret: true }),
    own('throttle', { partition: 'key', timeToLive: 'endsAt' }),
    own('keys', { partition: 'use', sort: 'kid', timeToLive: 'endsAt' }),
    ...resources.map((resource): [string, Table] => {
      const stream = resources.some(({ parent }) => parent?.name === resource.name)
      const made = own(resource.name, { ...keyNames(resource), timeToLive, stream })
      addIndexes(made[1], resource)
      return made
    }),
  ])
}

function table(
  scope: Construct,
  name: string,
  keys: Keys,
  stage: Stage,
  key: IKey | undefined,
): Table {
  const encryption =
    key && keys.secret
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }
      : { encryption: TableEncryption.AWS_MANAGED }
  const made = new Table(scope, name, {
    partitionKey: string(keys.partition),
    ...(keys.sort && { sortKey: string(keys.sort) }),
    ...(keys.timeToLive && { timeToLiveAttribute: keys.timeToLive }),
    ...(keys.stream && { stream: StreamViewType.KEYS_ONLY }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...encryption,
    deletionProtection: stage.keepData,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.keepData },
    // Protected from deletion, so that a creation that fails could not be rolled back without it.
    removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  if (!stage.keepData) accept(made, 'AwsSolutions-DDB3', 'The stage keeps no data.')
  return made
}

function addIndexes(table: Table, resource: Resource): void {
  const sequence = sequenceName(resource)
  if (!resource.parent)
    table.addGlobalSecondaryIndex({
      indexName: listIndex,
      partitionKey: string('_shard'),
      sortKey: string(sequence),
    })
  for (const field of resource.filters)
    table.addGlobalSecondaryIndex({
      indexName: filterIndex(field),
      partitionKey: string(filterAttribute(field)),
      sortKey: string(sequence),
    })
}

function string(name: string) {
  return { name, type: AttributeType.STRING }
}

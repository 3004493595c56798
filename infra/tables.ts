import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  BillingMode,
  type CfnTable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { tableId } from '../functions/config/environment.ts'
import type { Resource } from '../functions/model/declaration.ts'
import { ownerName } from '../functions/model/parents.ts'
import {
  indexKeys,
  keyNames,
  listIndex,
  listPartition,
  ownerIndex,
  sequenceName,
  timeToLive,
} from '../functions/store/layout.ts'
import { accept } from './findings.ts'
import type { FunctionSettings } from './functions.ts'
import { accountTables, type Keys, outbox } from './plan/account-tables.ts'
import { type Indexes, indexesContext, type TableIndex } from './plan/index-steps.ts'
import type { Product } from './product.ts'
import type { Stage } from './stages.ts'

/** The tables, by the names that functions use: those of accounts, and one a resource. */
export function tables(
  scope: Construct,
  { resources }: Product,
  settings: Readonly<Record<string, FunctionSettings>>,
  stage: Stage,
  key: IKey | undefined,
): ReadonlyMap<string, Table> {
  const parent = new Construct(scope, 'Tables')
  const watched = new Set(Object.values(settings).flatMap(({ reads }) => reads?.of ?? []))
  const own = (name: string, keys: Keys): [string, Table] => [
    name,
    table(parent, name, keys, watched.has(name), stage, key),
  ]
  return new Map([
    ...Object.entries(accountTables).map(([name, keys]) => own(name, keys)),
    ...(stage.mailFrom ? [own('outbox', outbox)] : []),
    ...resources.map((resource): [string, Table] => {
      const [name, made] = own(resource.name, { ...keyNames(resource), timeToLive })
      addIndexes(made, resource)
      return [name, made]
    }),
  ])
}

function table(
  scope: Construct,
  name: string,
  keys: Keys,
  stream: boolean,
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
    ...(stream && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...encryption,
    deletionProtection: stage.keepData,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.keepData },
    // Protected from deletion: a creation that fails could not be rolled back without RETAIN.
    removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  ;(made.node.defaultChild as CfnTable).overrideLogicalId(tableId(name))
  if (!stage.keepData) accept(made, 'AwsSolutions-DDB3', 'The stage keeps no data.')
  return made
}

/** The indexes of a table in an intermediate deployment; the last one has all that are declared. */
function onTheWay(table: Table, { name }: Resource): readonly TableIndex[] | undefined {
  const given = table.node.tryGetContext(indexesContext) as string | Indexes | undefined
  const all = typeof given === 'string' ? (JSON.parse(given) as Indexes) : given
  return all?.[tableId(name)]
}

function addIndexes(table: Table, resource: Resource): void {
  const given = onTheWay(table, resource)
  if (given) {
    for (const index of given) table.addGlobalSecondaryIndex(indexProps(index))
    return
  }
  const list = {
    name: listIndex,
    partition: listPartition(resource),
    sort: sequenceName(resource),
  }
  const declared = resource.indexes.map((index) => indexKeys(resource, index))
  for (const { name, partition, sort } of [...(resource.parent ? [] : [list]), ...declared])
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: string(partition),
      sortKey: string(sort),
    })
  if (resource.owner)
    table.addGlobalSecondaryIndex({
      indexName: ownerIndex,
      ...(resource.owner === 'private'
        ? { partitionKey: string(resource.key) }
        : { partitionKey: string(ownerName), sortKey: string(resource.key) }),
      projectionType: ProjectionType.KEYS_ONLY,
    })
}

function indexProps({ IndexName, KeySchema, Projection }: TableIndex) {
  const key = (type: string) => KeySchema.find(({ KeyType }) => KeyType === type)?.AttributeName
  const sort = key('RANGE')
  const { ProjectionType: type } = Projection as { ProjectionType: ProjectionType }
  return {
    indexName: IndexName,
    partitionKey: string(key('HASH') ?? ''),
    ...(sort && { sortKey: string(sort) }),
    projectionType: type,
  }
}

function string(name: string) {
  return { name, type: AttributeType.STRING }
}

import { variables } from '../../functions/config/environment.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import { patience } from '../../functions/store/failures.ts'
import {
  indexKeys,
  keyNames,
  listIndex,
  listPartition,
  ownerIndex,
  sequenceName,
} from '../../functions/store/layout.ts'
import { type Engine, startEngine } from '../../infra/local/aws/engine.ts'
import { slowness } from '../machine.ts'

/** A DynamoDB with the tables of these resources, for the store's functions in this process. */
export async function startStore(...resources: Resource[]): Promise<Engine> {
  const { requestHandler } = patience
  requestHandler.requestTimeout = 2000 * slowness()
  const engine = await startEngine()
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  for (const resource of resources) await createTable(engine, resource)
  return engine
}

export async function createTable(engine: Engine, resource: Resource): Promise<void> {
  process.env[variables.table(resource.name)] = `table-${resource.name}`
  await engine.call('CreateTable', table(resource))
}

/** The table of a resource, as DynamoDB and CloudFormation write it. */
export function table(resource: Resource) {
  const { partition, sort } = keyNames(resource)
  const list = {
    name: listIndex,
    partition: listPartition(resource),
    sort: sequenceName(resource),
  }
  const declared = resource.indexes.map((index) => indexKeys(resource, index))
  const ofOwner = { name: ownerIndex, partition: resource.key, sort: undefined }
  const indexes = [
    ...(resource.parent ? [] : [list]),
    ...declared,
    ...(resource.owner === 'private' ? [ofOwner] : []),
  ]
  const attributes = new Set(
    [partition, sort, ...indexes.flatMap((index) => [index.partition, index.sort])].filter(
      (name) => name !== undefined,
    ),
  )
  return {
    TableName: `table-${resource.name}`,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: schema(partition, sort),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: schema(index.partition, index.sort),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  }
}

function schema(partition: string, sort: string | undefined) {
  const hash = { AttributeName: partition, KeyType: 'HASH' }
  return sort ? [hash, { AttributeName: sort, KeyType: 'RANGE' }] : [hash]
}

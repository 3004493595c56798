import { variables } from '../../functions/config/environment.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import { filterAttribute, filterIndex, keyNames, listIndex } from '../../functions/store/layout.ts'
import { type Engine, startEngine } from '../../infra/local/aws/engine.ts'

/** A DynamoDB with the tables of these resources, for the store's functions in this process. */
export async function startStore(...resources: Resource[]): Promise<Engine> {
  const engine = await startEngine()
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  })
  for (const resource of resources) {
    process.env[variables.table(resource.name)] = `table-${resource.name}`
    await engine.call('CreateTable', table(resource))
  }
  return engine
}

function table(resource: Resource) {
  const { partition, sort } = keyNames(resource)
  const sequence = sort ?? '_seq'
  const lists = sort ? [] : [[listIndex, '_shard'] as const]
  const filters = resource.filters.map(
    (field) => [filterIndex(field), filterAttribute(field)] as const,
  )
  const indexes = [...lists, ...filters]
  const attributes = new Set([partition, sequence, ...indexes.map(([, attribute]) => attribute)])
  return {
    TableName: `table-${resource.name}`,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: schema(partition, sort),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(([IndexName, attribute]) => ({
        IndexName,
        KeySchema: schema(attribute, sequence),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  }
}

function schema(partition: string, sort: string | undefined) {
  const hash = { AttributeName: partition, KeyType: 'HASH' }
  return sort ? [hash, { AttributeName: sort, KeyType: 'RANGE' }] : [hash]
}

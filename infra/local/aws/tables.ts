import { Failure } from '../failure.ts'
import type { IndexModel, KeyElement, TableModel } from '../model.ts'
import { type Engine, EngineError } from './engine.ts'

interface Description {
  readonly KeySchema: KeyElement[]
  readonly AttributeDefinitions: { AttributeName: string; AttributeType: string }[]
  readonly GlobalSecondaryIndexes?: IndexModel[]
  readonly StreamSpecification?: { StreamEnabled?: boolean; StreamViewType?: string }
}

/**
 * Creates the template's tables where they are missing, and adds what an existing one lacks:
 * indexes, stream, TTL. A table with other keys is refused: only its owner may throw data away.
 */
export async function deployTables(
  engine: Engine,
  tables: readonly TableModel[],
  dataDir: string | undefined,
): Promise<void> {
  await Promise.all(
    tables.map(async (table) => {
      const existing = await describe(engine, table.name)
      if (existing === undefined) await create(engine, table)
      else await update(engine, table, existing, dataDir)
      if (table.ttlAttribute !== undefined) await enableTtl(engine, table.name, table.ttlAttribute)
    }),
  )
}

async function describe(engine: Engine, TableName: string): Promise<Description | undefined> {
  try {
    const { Table } = await engine.call('DescribeTable', { TableName })
    return Table as Description
  } catch (error) {
    if (error instanceof EngineError && error.type === 'ResourceNotFoundException') return undefined
    throw error
  }
}

const streamOf = ({ streamView }: TableModel) => {
  return streamView === undefined
    ? {}
    : { StreamSpecification: { StreamEnabled: true, StreamViewType: streamView } }
}

async function create(engine: Engine, table: TableModel): Promise<void> {
  const { name, keys, attributes, globalIndexes, localIndexes } = table
  await engine.call('CreateTable', {
    TableName: name,
    KeySchema: keys,
    AttributeDefinitions: attributes,
    BillingMode: 'PAY_PER_REQUEST',
    ...(globalIndexes.length > 0 && { GlobalSecondaryIndexes: globalIndexes }),
    ...(localIndexes.length > 0 && { LocalSecondaryIndexes: localIndexes }),
    ...streamOf(table),
  })
}

const keysOf = (schema: readonly KeyElement[], definitions: TableModel['attributes']) =>
  schema
    .map(({ AttributeName, KeyType }) => {
      const type = definitions.find((d) => d.AttributeName === AttributeName)?.AttributeType
      return `${KeyType} ${AttributeName} ${type}`
    })
    .sort()
    .join(', ')

async function update(
  engine: Engine,
  table: TableModel,
  existing: Description,
  dataDir: string | undefined,
): Promise<void> {
  const { name: TableName, attributes } = table
  const refuse = (what: string, wanted: string, found: string): never => {
    const remedy = `remove ${dataDir ?? 'the engine’s data'} (all local data) to start anew`
    throw new Failure(
      `${what} has the keys (${found}), the template wants (${wanted}): restore the template or ${remedy}`,
    )
  }
  const wanted = keysOf(table.keys, attributes)
  const found = keysOf(existing.KeySchema, existing.AttributeDefinitions)
  if (wanted !== found) refuse(`table ${TableName}`, wanted, found)
  for (const index of table.globalIndexes) {
    const { GlobalSecondaryIndexes = [] } = existing
    const same = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === index.IndexName)
    const wantedIndex = keysOf(index.KeySchema, attributes)
    if (same === undefined) {
      await engine.call('UpdateTable', {
        TableName,
        AttributeDefinitions: attributes,
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      })
    } else {
      const foundIndex = keysOf(same.KeySchema, existing.AttributeDefinitions)
      const what = `index ${index.IndexName} of table ${TableName}`
      if (wantedIndex !== foundIndex) refuse(what, wantedIndex, foundIndex)
    }
  }
  if (table.streamView !== undefined && existing.StreamSpecification?.StreamEnabled !== true) {
    await engine.call('UpdateTable', { TableName, ...streamOf(table) })
  }
}

async function enableTtl(engine: Engine, TableName: string, AttributeName: string): Promise<void> {
  const answer = await engine.call('DescribeTimeToLive', { TableName })
  const { TimeToLiveStatus: status } = answer.TimeToLiveDescription as {
    TimeToLiveStatus?: string
  }
  if (status === 'ENABLED' || status === 'ENABLING') return
  const TimeToLiveSpecification = { Enabled: true, AttributeName }
  await engine.call('UpdateTimeToLive', { TableName, TimeToLiveSpecification })
}

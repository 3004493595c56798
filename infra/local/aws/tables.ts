import { Failure } from '../../failure.ts'
import {
  changedIndexes,
  type Indexes,
  indexSteps,
  type TableIndex,
} from '../../plan/index-steps.ts'
import type { KeyElement, TableModel } from '../model.ts'
import { type Engine, EngineError } from './engine.ts'

export interface TableDescription {
  readonly KeySchema: KeyElement[]
  readonly AttributeDefinitions: TableModel['attributes']
  readonly GlobalSecondaryIndexes?: TableIndex[]
  readonly StreamSpecification?: { StreamEnabled?: boolean; StreamViewType?: string }
}

export interface TableRules {
  /** Where the data is kept, to be named. */
  readonly dataDir: string | undefined
  /** Several changes of one table's indexes are made one after another; else they are refused. */
  readonly successive: boolean
}

/**
 * Creates the template's tables where they are missing, and gives an existing one its indexes, stream
 * and TTL. A table with other keys is refused: only its owner may throw data away.
 */
export async function deployTables(
  engine: Engine,
  tables: readonly TableModel[],
  rules: TableRules,
): Promise<void> {
  await Promise.all(
    tables.map(async (table) => {
      const existing = await describeTable(engine, table.name)
      if (existing === undefined) await create(engine, table)
      else await update(engine, table, existing, rules)
      if (table.ttlAttribute !== undefined) await enableTtl(engine, table.name, table.ttlAttribute)
    }),
  )
}

export async function describeTable(
  engine: Engine,
  TableName: string,
): Promise<TableDescription | undefined> {
  try {
    const { Table } = await engine.call('DescribeTable', { TableName })
    return Table as TableDescription
  } catch (error) {
    if (error instanceof EngineError && error.type === 'ResourceNotFoundException') return undefined
    throw error
  }
}

/** Deletes a table, if it is there, with all that is in it. */
export async function deleteTable(engine: Engine, TableName: string): Promise<void> {
  if (await describeTable(engine, TableName)) await engine.call('DeleteTable', { TableName })
}

/** Whether nothing at all lies in a table. */
export async function isEmptyTable(engine: Engine, TableName: string): Promise<boolean> {
  const { Count } = await engine.call('Scan', { TableName, Select: 'COUNT', Limit: 1 })
  return Count === 0
}

/** Counts the items that have an attribute. */
export async function countItems(
  engine: Engine,
  TableName: string,
  attribute: string,
): Promise<number> {
  if (!(await describeTable(engine, TableName))) return 0
  let count = 0
  let ExclusiveStartKey: unknown
  do {
    const { Count, LastEvaluatedKey } = await engine.call('Scan', {
      TableName,
      Select: 'COUNT',
      FilterExpression: 'attribute_exists(#attribute)',
      ExpressionAttributeNames: { '#attribute': attribute },
      ...(ExclusiveStartKey !== undefined && { ExclusiveStartKey }),
    })
    count += Number(Count)
    ExclusiveStartKey = LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return count
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
  existing: TableDescription,
  { dataDir, successive }: TableRules,
): Promise<void> {
  const { name: TableName, attributes } = table
  const wanted = keysOf(table.keys, attributes)
  const found = keysOf(existing.KeySchema, existing.AttributeDefinitions)
  if (wanted !== found) {
    const remedy = `remove ${dataDir ?? 'the engine’s data'} (all local data) to start anew`
    throw new Failure(
      `table ${TableName} has the keys (${found}), the template wants (${wanted}): restore the template or ${remedy}`,
    )
  }
  await updateIndexes(engine, table, existing.GlobalSecondaryIndexes ?? [], successive)
  if (table.streamView !== undefined && existing.StreamSpecification?.StreamEnabled !== true) {
    await engine.call('UpdateTable', { TableName, ...streamOf(table) })
  }
}

/** One index is made or removed in each update, as CloudFormation and DynamoDB have it. */
async function updateIndexes(
  engine: Engine,
  table: TableModel,
  existing: readonly TableIndex[],
  successive: boolean,
): Promise<void> {
  const { name, attributes, keys, globalIndexes } = table
  const there: Indexes = { [name]: existing }
  const steps = indexSteps(there, { [name]: globalIndexes })
  if (steps.length > 1 && !successive)
    throw new Failure(
      `table ${name}: Cannot perform more than one GSI creation or deletion in a single update (${steps.length} here): deploy them one after another, as \`npm run deploy\` does`,
    )
  let before = existing
  for (const step of steps) {
    const after = step[name] ?? []
    const { gone, made } = changedIndexes(before, after)
    const used = new Set([keys, ...after.map(({ KeySchema }) => KeySchema)].flat().map(nameOf))
    for (const { IndexName } of gone)
      await engine.call('UpdateTable', {
        TableName: name,
        GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }],
      })
    for (const { IndexName, KeySchema, Projection } of made)
      await engine.call('UpdateTable', {
        TableName: name,
        AttributeDefinitions: attributes.filter(({ AttributeName }) => used.has(AttributeName)),
        GlobalSecondaryIndexUpdates: [{ Create: { IndexName, KeySchema, Projection } }],
      })
    before = after
  }
}

function nameOf({ AttributeName }: KeyElement): string {
  return AttributeName
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

import type { Model, TableModel } from '../model.ts'
import type { RequestContext } from './iam-conditions.ts'
import type { Json } from './protocol.ts'
import type { Need } from './service.ts'

type Item = Record<string, Record<string, unknown>>

const singleItem = new Set(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'])
const onOneTable = new Set([...singleItem, 'DescribeTable', 'DescribeTimeToLive', 'Query', 'Scan'])
const transactional: Record<string, string> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
}

/** Operations that answer `ConsumedCapacity` when asked. */
export const metered = new Set([
  ...singleItem,
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'TransactGetItems',
])

/**
 * What a DynamoDB call needs to be allowed: a transaction needs the permission of every action in
 * it, a query on an index the permission on that index. `undefined`: an operation that is not
 * offered here.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export function compileNeeds(
  tables: readonly TableModel[],
  arnPrefix: string,
): (operation: string, request: Json) => readonly Need[] | undefined {
  const known = new Map(tables.map((table) => [table.name, table]))
  const arnOf = (name: unknown) =>
    String(name).startsWith('arn:') ? String(name) : `${arnPrefix}${String(name)}`

  const need = (action: string, name: unknown, request: Json): Need => {
    const index = request.IndexName
    const resource = index === undefined ? arnOf(name) : `${arnOf(name)}/index/${String(index)}`
    const table = known.get(String(name).replace(/^.*:table\//, ''))
    return { action: `dynamodb:${action}`, resource, context: () => contextOf(table, request) }
  }

  return (operation, request) => {
    if (onOneTable.has(operation)) {
      return [need(operation, request.TableName, request)]
    }
    if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
      return Object.entries((request.RequestItems ?? {}) as Json).map(([name, batch]) =>
        need(operation, name, { Batch: batch }),
      )
    }
    if (operation === 'TransactWriteItems' || operation === 'TransactGetItems') {
      const items = (request.TransactItems ?? []) as Record<string, Json>[]
      return items.flatMap((item) =>
        Object.entries(item).map(([kind, part]) =>
          need(transactional[kind] ?? kind, part.TableName, part),
        ),
      )
    }
    return undefined
  }
}

/** `dynamodb:LeadingKeys` and `dynamodb:Attributes` of a request. */
function contextOf(table: TableModel | undefined, request: Json): RequestContext {
  const context: Record<string, string[]> = {
    'aws:securetransport': ['true'],
    'dynamodb:Attributes': [...attributesOf(request)],
  }
  const leading = table === undefined ? [] : leadingKeys(table, request)
  if (leading.length > 0) context['dynamodb:LeadingKeys'] = leading
  if (request.Select !== undefined) context['dynamodb:Select'] = [String(request.Select)]
  return context
}

function leadingKeys(table: TableModel, request: Json): string[] {
  const index = table.globalIndexes.find(({ IndexName }) => IndexName === request.IndexName)
  const keys = index?.KeySchema ?? table.keys
  const hash = keys.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? ''
  const values = itemsOf(request).map((item) => item[hash])
  const queried = keyOfQuery(hash, request)
  if (queried !== undefined) values.push(queried)
  return values
    .filter((value) => value !== undefined)
    .map((value) => String(Object.values(value)[0]))
}

function itemsOf(request: Json): Item[] {
  const { Batch: batch } = request
  if (batch === undefined) {
    return [request.Key, request.Item].filter((part) => part !== undefined) as Item[]
  }
  if (!Array.isArray(batch)) return ((batch as Json).Keys ?? []) as Item[]
  return batch.flatMap((write: Record<string, Json>) => Object.values(write).flatMap(itemsOf))
}

/** The value that a key condition demands of the partition key: `#pk = :pk`. */
function keyOfQuery(hash: string, request: Json): Record<string, unknown> | undefined {
  const names = (request.ExpressionAttributeNames ?? {}) as Record<string, string>
  const values = (request.ExpressionAttributeValues ?? {}) as Item
  const condition = String(request.KeyConditionExpression ?? '')
  for (const [, name = '', value = ''] of condition.matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)) {
    if ((names[name] ?? name) === hash) return values[value]
  }
  return undefined
}

const words =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|BETWEEN|IN|if_not_exists|list_append|size|begins_with|contains|attribute_(not_)?exists|attribute_type)$/i

function attributesOf(request: Json): Set<string> {
  const names = (request.ExpressionAttributeNames ?? {}) as Record<string, string>
  const found = new Set(itemsOf(request).flatMap((item) => Object.keys(item)))
  for (const part of ['Key', 'Update', 'Condition', 'Projection', 'Filter']) {
    const expression = String(
      request[`${part}${part === 'Key' ? 'Condition' : ''}Expression`] ?? '',
    )
    for (const [, name = ''] of expression.matchAll(/(?<![\w:.#])(#?[A-Za-z_]\w*)/g)) {
      if (!words.test(name)) found.add(names[name] ?? name)
    }
  }
  return found
}

/** What every table's ARN begins with. */
export function tableArnPrefix({ region, account }: Pick<Model, 'region' | 'account'>): string {
  return `arn:aws:dynamodb:${region}:${account}:table/`
}

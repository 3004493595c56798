import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { tableId } from '../../functions/config/environment.ts'
import { accountTables } from './account-tables.ts'
import type { Indexes, TableIndex } from './index-steps.ts'
import type { DeclarationRecord, KnownResource, KnownResources } from './record.ts'

/** A template as CloudFormation keeps it. */
export interface TemplateText {
  readonly Metadata?: Readonly<Record<string, unknown>>
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }
    >
  >
}

/** Where the template of a stack keeps what it was declared from. */
export const recordName = 'Declarations'

/** Compressed: the template of a hundred resources has a megabyte, and nearly fills it. */
export function writtenRecord(record: DeclarationRecord): string {
  return deflateRawSync(JSON.stringify(record), { level: 9 }).toString('base64')
}

/** What was written into a template; undefined for one of a version that wrote nothing. */
export function readRecord({ Metadata }: TemplateText): DeclarationRecord | undefined {
  const written = Metadata?.[recordName]
  if (typeof written !== 'string') return undefined
  const text = inflateRawSync(Buffer.from(written, 'base64')).toString('utf8')
  return JSON.parse(text) as DeclarationRecord
}

interface TableProperties {
  readonly KeySchema: TableIndex['KeySchema']
  readonly GlobalSecondaryIndexes?: readonly TableIndex[]
}

/** The indexes of all tables, by the ids of the tables. */
export function indexesOf(template: TemplateText): Indexes {
  const entries = tablesOf(template).map(([id, { GlobalSecondaryIndexes = [] }]) => [
    id,
    GlobalSecondaryIndexes,
  ])
  return Object.fromEntries(entries)
}

function tablesOf({ Resources }: TemplateText): [string, TableProperties][] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
    .map(([id, { Properties }]) => [id, Properties as unknown as TableProperties])
}

/** Tables of no resource. */
export const accountTableNames = [...Object.keys(accountTables), 'outbox']

/**
 * What a stack was deployed with: by its record or, where there is none, by its tables and by what its
 * gateway asks no token for.
 * @param names of the resources that are declared now, as a table's id does not tell every name
 */
export function knownOf(template: TemplateText, names: readonly string[]): KnownResources {
  const record = readRecord(template)
  if (record) return record.resources
  const known = new Map(names.map((name) => [tableId(name), name]))
  const others = new Set(accountTableNames.map(tableId))
  const entries = tablesOf(template)
    .filter(([id]) => /^Tables[a-z0-9]+[0-9A-F]{8}$/.test(id) && !others.has(id))
    .map(([id, { KeySchema, GlobalSecondaryIndexes = [] }]): [string, KnownResource] => {
      const name = known.get(id) ?? id.slice('Tables'.length, -8)
      return [
        name,
        {
          ...knownByKeys(
            KeySchema,
            GlobalSecondaryIndexes.map(({ IndexName }) => IndexName),
          ),
          isPublic: isPublic(template, name),
        },
      ]
    })
  return Object.fromEntries(entries)
}

/** What the table of a resource tells of it; by the names of the store's layout. */
export function knownByKeys(
  schema: TableIndex['KeySchema'],
  indexes: readonly string[],
): KnownResource {
  const key = (type: string) => schema.find(({ KeyType }) => KeyType === type)?.AttributeName
  const sort = key('RANGE')
  return {
    keys: { partition: key('HASH') ?? '', ...(sort && { sort }) },
    indexes: indexes.filter((name) => /^(by|sort)_/.test(name)),
    ...(indexes.includes('owner') && { owner: sort ? 'private' : 'readable' }),
  }
}

/** Before an API was one document, it had no resource that everybody may read. */
function isPublic({ Resources }: TemplateText, name: string): boolean {
  return Object.values(Resources).some(({ Type, Properties }) => {
    if (Type !== 'AWS::ApiGateway::RestApi') return false
    const { paths = {} } = (Properties?.Body ?? {}) as { paths?: Record<string, Methods> }
    return Object.entries(paths).some(
      ([path, { get }]) => path.endsWith(`/${name}`) && get && !get.security?.length,
    )
  })
}

type Methods = { readonly get?: { readonly security?: readonly unknown[] } }

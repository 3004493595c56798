import { isDeepStrictEqual } from 'node:util'

/** An index of a table, as CloudFormation and DynamoDB write it. */
export interface TableIndex {
  readonly IndexName: string
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[]
  readonly Projection: unknown
}

/** The indexes of tables, by the ids that the tables have in the stack. */
export type Indexes = Readonly<Record<string, readonly TableIndex[]>>

/** Where the CDK is told which indexes an intermediate deployment has: its context. */
export const indexesContext = 'indexes'

/**
 * The indexes after each of as many deployments as it takes, the last being what is wanted: in one
 * update CloudFormation makes or removes one index of a table. Tables that are new, or take the
 * place of others, have theirs from the start: `there` does not hold them.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
 */
export function indexSteps(there: Indexes, wanted: Indexes): readonly Indexes[] {
  const ways = Object.entries(wanted).map(([table, indexes]) => {
    const before = there[table]
    return [table, before === undefined ? [indexes] : wayTo(before, indexes)] as const
  })
  const count = Math.max(1, ...ways.map(([, way]) => way.length))
  return Array.from({ length: count }, (_, step) =>
    Object.fromEntries(
      ways.map(([table, way]) => [table, way[Math.min(step, way.length - 1)] ?? []]),
    ),
  )
}

/** Removals come first: a table has room for twenty, and names may come back with other keys. */
function wayTo(
  there: readonly TableIndex[],
  wanted: readonly TableIndex[],
): readonly (readonly TableIndex[])[] {
  const { gone, made } = changedIndexes(there, wanted)
  let now = there
  const states = [
    ...gone.map((index) => {
      now = now.filter((other) => other !== index)
      return now
    }),
    ...made.map((index) => {
      now = [...now, index]
      return now
    }),
  ]
  // Their order in the template means nothing, but one that changes is a difference to read.
  return states.length === 0 ? [wanted] : [...states.slice(0, -1), wanted]
}

/** What becomes of a table's indexes. */
export function changedIndexes(
  before: readonly TableIndex[],
  after: readonly TableIndex[],
): { readonly gone: readonly TableIndex[]; readonly made: readonly TableIndex[] } {
  const without = (indexes: readonly TableIndex[], others: readonly TableIndex[]) =>
    indexes.filter((index) => !others.some((other) => isSame(index, other)))
  return { gone: without(before, after), made: without(after, before) }
}

function isSame(left: TableIndex, right: TableIndex): boolean {
  const parts = ({ IndexName, KeySchema, Projection }: TableIndex) => ({
    IndexName,
    KeySchema: KeySchema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).sort(),
    Projection,
  })
  return isDeepStrictEqual(parts(left), parts(right))
}

/** What a deployment does to the indexes of tables: `Tables…: makes by_rollNo`. */
export function stepText(
  before: Indexes,
  after: Indexes,
  nameOf: (table: string) => string,
): string {
  const texts = Object.entries(after).flatMap(([table, indexes]) => {
    const { gone, made } = changedIndexes(before[table] ?? indexes, indexes)
    const all = [
      ...gone.map(({ IndexName }) => `removes ${IndexName}`),
      ...made.map(({ IndexName }) => `makes ${IndexName}`),
    ]
    return all.length > 0 ? [`${nameOf(table)} ${all.join(' and ')}`] : []
  })
  return texts.join(', ') || 'no index changes'
}

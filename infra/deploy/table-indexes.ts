import { profileOption, type Tools } from './commands.ts'
import { shellWords } from './shell.ts'

/** A table some of whose indexes a deployment makes or removes. */
export interface ChangingTable {
  readonly resource: string
  /** The name of the table on AWS. */
  readonly table: string
  /** The names of the indexes that the stack was deployed with. */
  readonly there: readonly string[]
  /** The names of the indexes that are to be made. */
  readonly made: readonly string[]
}

interface Described {
  readonly status: string
  readonly indexes: readonly { readonly IndexName: string; readonly IndexStatus: string }[] | null
}

/** Seconds between two looks at the tables, and looks between two lines that tell of it. */
const interval = 15
const looksALine = 20

/**
 * Tells of indexes that are not the stack's: an update that was rolled back while it made one leaves
 * it behind, and the next that makes it fails.
 * @returns whether none of them stands in the way of one that is to be made
 */
export async function isClear(changing: readonly ChangingTable[], tools: Tools): Promise<boolean> {
  let clear = true
  for (const { resource, table, there, made } of changing) {
    const { indexes } = await describe(table, tools)
    for (const { IndexName: name, IndexStatus: status } of indexes ?? []) {
      if (there.includes(name) || status === 'DELETING') continue
      if (made.includes(name)) clear = false
      const command = shellWords(removal(table, name, tools))
      tools.say(
        `${resource}: its table has the index ${name}, which the stack does not know. An update that was rolled back may have left it. To remove it:\n  ${command}`,
      )
    }
  }
  return clear
}

function removal(table: string, name: string, { profile }: Tools): readonly string[] {
  const update = JSON.stringify([{ Delete: { IndexName: name } }])
  return [
    ...['aws', 'dynamodb', 'update-table', '--table-name', table],
    ...['--global-secondary-index-updates', update, ...profileOption(profile)],
  ]
}

/**
 * Waits until AWS has filled or removed every index of the tables. CloudFormation does not wait for
 * it, and meanwhile no table takes another change.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
 */
export async function untilFilled(changing: readonly ChangingTable[], tools: Tools): Promise<void> {
  for (let looks = 0; ; looks++) {
    const busy: string[] = []
    for (const { resource, table } of changing) {
      const { status, indexes } = await describe(table, tools)
      const names = (indexes ?? [])
        .filter(({ IndexStatus }) => IndexStatus !== 'ACTIVE')
        .map(({ IndexName, IndexStatus }) => `${resource} ${IndexName} (${IndexStatus})`)
      busy.push(
        ...(names.length === 0 && status !== 'ACTIVE' ? [`${resource} (${status})`] : names),
      )
    }
    if (busy.length === 0) return
    if (looks % looksALine === 0)
      tools.say(
        `Waiting for AWS to fill or remove indexes, ${(looks * interval) / 60} minutes so far: ${busy.join(', ')}`,
      )
    await tools.wait(interval)
  }
}

async function describe(table: string, { aws }: Tools): Promise<Described> {
  const query = 'Table.{status: TableStatus, indexes: GlobalSecondaryIndexes}'
  const text = await aws([
    ...['dynamodb', 'describe-table', '--table-name', table],
    ...['--query', query, '--output', 'json'],
  ])
  return JSON.parse(text) as Described
}

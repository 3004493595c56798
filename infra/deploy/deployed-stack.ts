import type { TemplateText } from '../plan/deployed.ts'
import type { Tools } from './commands.ts'

type Aws = Tools['aws']

/** States of a stack whose creation never ended: the CDK makes it anew. */
const isUnfinished =
  /^(REVIEW_IN_PROGRESS|CREATE_FAILED|ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_.*)$/

/** The template that a stack was last deployed with; undefined where there is no such stack. */
export async function deployedTemplate(aws: Aws, stack: string): Promise<TemplateText | undefined> {
  const named = ['--stack-name', stack]
  const status = await aws([
    ...['cloudformation', 'describe-stacks', ...named],
    ...['--query', 'Stacks[0].StackStatus', '--output', 'text'],
  ]).catch((error: Error) => {
    if (error.message.includes('does not exist')) return undefined
    throw error
  })
  if (status === undefined || isUnfinished.test(status.trim())) return undefined
  const text = await aws([
    ...['cloudformation', 'get-template', ...named],
    ...['--template-stage', 'Original', '--output', 'json'],
  ])
  const { TemplateBody: body } = JSON.parse(text) as { TemplateBody: TemplateText | string }
  return typeof body === 'string' ? (JSON.parse(body) as TemplateText) : body
}

/** The names of a stack's tables on AWS, by their ids. */
export async function tableNames(aws: Aws, stack: string): Promise<ReadonlyMap<string, string>> {
  const query =
    "StackResourceSummaries[?ResourceType=='AWS::DynamoDB::Table'].[LogicalResourceId,PhysicalResourceId]"
  const text = await aws([
    ...['cloudformation', 'list-stack-resources', '--stack-name', stack],
    ...['--query', query, '--output', 'json'],
  ])
  return new Map(JSON.parse(text) as [string, string][])
}

/**
 * How many items a table has: exactly where one page of a scan holds them all, else about as many
 * as DynamoDB counted in the last six hours. Only items have a revision.
 * @returns undefined where the one who deploys may not look
 */
export async function countItems(aws: Aws, table: string): Promise<number | undefined> {
  const named = ['--table-name', table]
  try {
    const text = await aws([
      ...['dynamodb', 'scan', ...named, '--select', 'COUNT', '--no-paginate'],
      ...['--filter-expression', 'attribute_exists(#revision)'],
      ...['--expression-attribute-names', '{"#revision":"_rev"}', '--output', 'json'],
    ])
    const page = JSON.parse(text) as { Count: number; LastEvaluatedKey?: unknown }
    if (!page.LastEvaluatedKey) return page.Count
    const query = ['--query', 'Table.ItemCount', '--output', 'text']
    const counted = Number(await aws(['dynamodb', 'describe-table', ...named, ...query]))
    return Math.max(page.Count, Number.isNaN(counted) ? 0 : counted, 1)
  } catch {
    return undefined
  }
}

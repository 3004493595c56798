import { Duration, Fn } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as Lambda,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { tableId, variables } from '../functions/config/environment.ts'
import { pascalCase } from '../functions/model/names.ts'
import { keyUse } from './data-key.ts'
import { accept } from './findings.ts'
import type { FunctionSettings } from './functions.ts'
import { logGroup } from './log-group.ts'
import { mailSettings, sendingStatement } from './mail.ts'
import { named } from './named.ts'
import type { Product } from './product.ts'
import { type SecretName, type Secrets, secretNamed, secretSettings } from './secrets.ts'
import { type Stage, serviceName } from './stages.ts'

export interface Parts {
  readonly product: Product
  readonly stage: Stage
  readonly settings: Readonly<Record<string, FunctionSettings>>
  readonly tables: ReadonlyMap<string, Table>
  readonly secrets: Secrets
  /** The address that clients use, where it is not the gateway's own. */
  readonly publicUrl: string
  /** Origins that browsers may call from, separated by spaces. */
  readonly allowedOrigins: string
}

/** A Lambda for each file in functions/, each with a role of its own and only what it needs. */
export function lambdas(
  scope: Construct,
  names: readonly string[],
  parts: Parts,
): ReadonlyMap<string, Lambda> {
  const parent = new Construct(scope, 'Functions')
  const unknown = Object.keys(parts.stage.concurrency).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new Error(
      `The stage ${parts.stage.name}: concurrency.${unknown}: there is no such function`,
    )
  const declared = new Set(parts.product.resources.map(({ name }) => name))
  for (const [name, settings] of Object.entries(parts.settings))
    if (!names.includes(name))
      throw new Error(
        `functions/${name}.ts is missing: ${purpose(name, settings, declared.has(name))}`,
      )
  const shared = logGroup(parent, 'ResourceLogs', parts.stage)
  return new Map(
    names.map((name) => {
      const settings = parts.settings[name]
      if (!settings)
        throw new Error(
          `functions/${name}.ts serves no resource: is it missing from the list in functions/resources/index.ts? What any other Lambda needs is declared in infra/functions.ts.`,
        )
      const own = new Construct(parent, pascalCase(name))
      const logs = declared.has(name) ? shared : logGroup(own, 'Logs', parts.stage)
      return [name, lambda(own, name, settings, logs, parts)]
    }),
  )
}

/** What a function is there for, where it has no file. */
function purpose(name: string, { reads }: FunctionSettings, isResource: boolean): string {
  if (isResource) return `it serves the resource ${name}, by \`export const handler = crud(…)\``
  return reads
    ? `it receives the changes of ${reads.of.join(' and ')}, by \`export const handler = onChange(…)\``
    : 'it is one of the API itself'
}

function lambda(
  scope: Construct,
  name: string,
  settings: FunctionSettings,
  logs: LogGroup,
  parts: Parts,
): Lambda {
  const { stage, product } = parts
  const reserved = stage.concurrency[name]
  const reasons = {
    'AwsSolutions-IAM5[Resource::*]': 'X-Ray knows no resources. Data is granted by name alone.',
    'Serverless-LambdaStarPermissions': 'The same.',
    'Serverless-LambdaDLQ':
      'Whoever invokes it waits for its answer; streams have their own queue.',
  }
  for (const [rule, reason] of Object.entries(reasons)) accept(scope, rule, reason)
  const made = new Lambda(scope, 'Function', {
    description: name,
    code: Code.fromAsset(product.bundleOf(name)),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: settings.hashes ? stage.memory.hashing : stage.memory.other,
    timeout: Duration.seconds(settings.timeout ?? 10),
    ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
    loggingFormat: LoggingFormat.JSON,
    // Lambda's own lines of what went well would be more than all others together.
    systemLogLevelV2: SystemLogLevel.WARN,
    environment: environment(name, settings, parts),
    logGroup: logs,
    role: role(scope, settings, logs, parts),
  })
  // The CDK's own setting would put a policy beside the role.
  ;(made.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' }
  return made
}

/**
 * A policy beside its role is one more resource of the stack, so it stands in the role; only that
 * of a function that may use every table is too long for that, and the CDK divides it.
 */
function role(scope: Construct, settings: FunctionSettings, logs: LogGroup, parts: Parts): Role {
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com')
  const allowed = [
    ...statements(scope, settings, parts),
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logs.logGroupArn],
    }),
    new PolicyStatement({
      actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      resources: ['*'],
    }),
  ]
  if (!settings.everyTable)
    return new Role(scope, 'Role', {
      assumedBy,
      inlinePolicies: { Policy: new PolicyDocument({ statements: allowed }) },
    })
  const made = new Role(scope, 'Role', { assumedBy })
  for (const statement of allowed) made.addToPolicy(statement)
  return made
}

function statements(scope: Construct, settings: FunctionSettings, parts: Parts): PolicyStatement[] {
  const onTables = Object.entries(settings.tables).flatMap(([target, actions]) => {
    const resources = [targetArn(target, parts)]
    const attributes = settings.attributes?.[target]
    const isLimited = (action: string) => attributes !== undefined && action === 'UpdateItem'
    const free = actions.filter((action) => !isLimited(action))
    return [
      onTable(free, resources),
      ...(attributes ? [onTable(actions.filter(isLimited), resources, attributes)] : []),
    ]
  })
  const { tables, secrets } = parts
  const onSecrets = secretNames(settings).map(
    (name) =>
      new PolicyStatement({
        actions: (settings.secrets?.[name] ?? []).map((action) => `secretsmanager:${action}`),
        resources: [secretNamed(secrets, name).secretArn],
      }),
  )
  const used = [
    ...[...tableNames(settings)].map((name) => named(tables, name)),
    ...secretNames(settings).map((name) => secretNamed(secrets, name)),
  ]
  const key = used.find(({ encryptionKey }) => encryptionKey)?.encryptionKey
  const sending = settings.sends ? [sendingStatement(scope, parts.stage)] : []
  return [...onTables, ...onSecrets, ...sending, ...(key ? [keyUse(key)] : [])]
}

function onTable(
  actions: readonly string[],
  resources: string[],
  attributes?: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources,
    ...(attributes && {
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } },
    }),
  })
}

function secretNames({ secrets = {} }: FunctionSettings): SecretName[] {
  return Object.keys(secrets) as SecretName[]
}

function tableNames({ tables }: FunctionSettings): ReadonlySet<string> {
  return new Set(Object.keys(tables).map((target) => target.split('/')[0] ?? ''))
}

function targetArn(target: string, { tables }: Parts): string {
  const [name = '', index] = target.split('/')
  const arn = named(tables, name).tableArn
  return index ? `${arn}/index/${index}` : arn
}

/** Only names and settings: a secret is named by its id, never by its value. */
function environment(name: string, settings: FunctionSettings, parts: Parts) {
  const { stage, tables, publicUrl, allowedOrigins } = parts
  const used = [...tableNames(settings)].map((each) => [each, named(tables, each)] as const)
  return {
    [variables.service]: serviceName(stage),
    [variables.function]: name,
    ...(stage.requestsALine > 1 && { [variables.requestsALine]: String(stage.requestsALine) }),
    [variables.algorithm]: stage.algorithm,
    [variables.tokenLifetime]: String(stage.tokenLifetime),
    [variables.audience]: 'portcullis',
    [variables.publicUrl]: publicUrl,
    [variables.allowedOrigins]: allowedOrigins,
    [variables.bcryptCost]: String(stage.bcryptCost),
    [variables.passwordMinimum]: String(stage.passwordMinimum),
    ...(settings.tables.throttle && budgets(stage)),
    ...Object.fromEntries(
      secretNames(settings).map((each) => [
        secretSettings[each].variable,
        secretNamed(parts.secrets, each).secretArn,
      ]),
    ),
    ...(settings.everyTable
      ? shortNames(used)
      : Object.fromEntries(used.map(([each, table]) => [variables.table(each), table.tableName]))),
    ...(stage.mailFrom === '' && { [variables.withoutMail]: 'true' }),
    ...(settings.sends && mailSettings(stage)),
    ...settings.environment,
  }
}

/**
 * Lambda's environment holds 4 kB, and the name of a table, `Portcullis-dev-Tables…-1ABC23DEF456G`,
 * some fifty bytes: what is the same or follows from the name of the resource is left out.
 */
function shortNames(used: readonly (readonly [name: string, table: Table])[]) {
  const parts = ([, table]: (typeof used)[number]) =>
    Fn.split(tableId(table.node.id), table.tableName)
  const [first] = used
  if (!first) return {}
  return {
    [variables.tablePrefix]: Fn.select(0, parts(first)),
    [variables.tables]: used.map((each) => `${each[0]}=${Fn.select(1, parts(each))}`).join(' '),
  }
}

function budgets(stage: Stage): Record<string, string> {
  const entries = Object.entries(stage.budgets)
  return Object.fromEntries(
    entries.map(([name, { count, seconds }]) => [variables.budget(name), `${count}/${seconds}`]),
  )
}

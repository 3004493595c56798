import { Duration } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Code,
  Function as Lambda,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { variables } from '../functions/config/environment.ts'
import { bundlePath } from './bundle.ts'
import { keyUse } from './data-key.ts'
import { accept } from './findings.ts'
import { type Grants, grants } from './grants.ts'
import { removal } from './removal.ts'
import { type Stage, serviceName } from './stages.ts'

export interface Parts {
  readonly stage: Stage
  readonly tables: ReadonlyMap<string, Table>
  readonly signingSecret: Secret
  /** The address that clients use, where it is not the gateway's own. */
  readonly publicUrl: string
  /** Origins that browsers may call from, separated by spaces. */
  readonly allowedOrigins: string
}

/** These compute hashes of passwords. */
const hashing = new Set(['login', 'signup', 'sessions', 'users', 'admin'])

/** Nobody waits for these. */
const background = new Set(['rotate-keys', 'clean-up'])

/** A Lambda for each file in functions/, each with a role of its own and nothing that it need not. */
export function lambdas(
  scope: Construct,
  names: readonly string[],
  parts: Parts,
): ReadonlyMap<string, Lambda> {
  const parent = new Construct(scope, 'Functions')
  const granted = grants(parts.stage.algorithm === 'HS256')
  return new Map(
    names.map((name) => {
      const grant = granted[name]
      if (!grant)
        throw new Error(
          `functions/${name}.ts is a Lambda of no resource: is one missing in the list of functions/resources/index.ts? What another Lambda may do stands in infra/grants.ts.`,
        )
      return [name, lambda(new Construct(parent, pascalCase(name)), name, grant, parts)]
    }),
  )
}

function lambda(scope: Construct, name: string, grant: Grants, parts: Parts): Lambda {
  const { stage } = parts
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: stage.logDays as RetentionDays,
    removalPolicy: removal(stage),
  })
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  logGroup.grantWrite(role)
  for (const statement of statements(grant, parts)) role.addToPolicy(statement)
  const reasons = {
    'AwsSolutions-IAM5[Resource::*]': 'X-Ray knows no resources. Data is granted by name alone.',
    'Serverless-LambdaDLQ':
      'Whoever invokes it waits for its answer; streams have their own queue.',
  }
  for (const [rule, reason] of Object.entries(reasons)) accept(scope, rule, reason)
  return new Lambda(scope, 'Function', {
    description: name,
    code: Code.fromAsset(bundlePath(name)),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: hashing.has(name) ? stage.memory.hashing : stage.memory.other,
    timeout: Duration.seconds(background.has(name) ? 60 : 10),
    loggingFormat: LoggingFormat.JSON,
    tracing: Tracing.ACTIVE,
    environment: environment(name, grant, parts),
    logGroup,
    role,
  })
}

function statements(grant: Grants, parts: Parts): PolicyStatement[] {
  const onTables = Object.entries(grant.tables).map(
    ([target, actions]) =>
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [targetArn(target, parts)],
      }),
  )
  const { tables, signingSecret } = parts
  const onSecret = (actions: readonly string[]) =>
    new PolicyStatement({
      actions: actions.map((action) => `secretsmanager:${action}`),
      resources: [signingSecret.secretArn],
    })
  const used = [...tableNames(grant)].map((name) => tableOf(tables, name))
  const key = [...used, ...(grant.secret ? [signingSecret] : [])].find(
    ({ encryptionKey }) => encryptionKey,
  )?.encryptionKey
  return [
    ...onTables,
    ...(grant.secret ? [onSecret(grant.secret)] : []),
    ...(key ? [keyUse(key)] : []),
  ]
}

function tableNames(grant: Grants): ReadonlySet<string> {
  return new Set(Object.keys(grant.tables).map((target) => target.split('/')[0] ?? ''))
}

function targetArn(target: string, { tables }: Parts): string {
  const [name = '', index] = target.split('/')
  const arn = tableOf(tables, name).tableArn
  return index ? `${arn}/index/${index}` : arn
}

function tableOf(tables: ReadonlyMap<string, Table>, name: string): Table {
  const table = tables.get(name)
  if (!table) throw new Error(`There is no table ${name}`)
  return table
}

/** Only names and settings: a secret is named by its id, never by its value. */
function environment(
  name: string,
  grant: Grants,
  { stage, tables, signingSecret, publicUrl, allowedOrigins }: Parts,
) {
  return {
    [variables.service]: serviceName(stage),
    [variables.function]: name,
    [variables.algorithm]: stage.algorithm,
    [variables.tokenLifetime]: String(stage.tokenLifetime),
    [variables.audience]: 'portcullis',
    [variables.publicUrl]: publicUrl,
    [variables.allowedOrigins]: allowedOrigins,
    [variables.bcryptCost]: String(stage.bcryptCost),
    [variables.passwordMinimum]: String(stage.passwordMinimum),
    ...(grant.tables.throttle && budgets(stage)),
    ...(grant.secret && { [variables.signingSecret]: signingSecret.secretArn }),
    ...Object.fromEntries(
      [...tableNames(grant)].map((name) => [
        variables.table(name),
        tableOf(tables, name).tableName,
      ]),
    ),
  }
}

function budgets(stage: Stage): Record<string, string> {
  const entries = Object.entries(stage.budgets)
  return Object.fromEntries(
    entries.map(([name, { count, seconds }]) => [variables.budget(name), `${count}/${seconds}`]),
  )
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

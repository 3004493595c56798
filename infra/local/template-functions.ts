import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure, required } from '../failure.ts'
import type { FunctionModel, Statement } from './model.ts'
import type { Entry, Reader } from './template-reader.ts'

/**
 * AWS's own managed policies that grant logging, tracing and metrics only: nothing that passes
 * through the local endpoint. Any other managed policy is refused.
 */
const ignoredManagedPolicies =
  /policy\/(service-role\/AWSLambdaBasicExecutionRole|service-role\/AWSLambdaVPCAccessExecutionRole|AWSXRayDaemonWriteAccess|AWSXrayWriteOnlyAccess|CloudWatchLambdaInsightsExecutionRolePolicy)$/

interface PolicyDocument {
  Statement: Statement | Statement[]
}

const unsupported = ['Layers', 'ImageUri', 'VpcConfig', 'FileSystemConfigs', 'SnapStart']

export interface RoleModel {
  id: string
  /** The services that may assume it. */
  assumedBy: string[]
  statements: Statement[]
}

/** Finds a role of the template by its ARN; only roles in use here must be understood. */
export function roleFinder(reader: Reader): (arn: string, user: string) => RoleModel {
  const policies = reader.all('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')
  const roles = new Map(
    reader.all('AWS::IAM::Role').map((role) => [reader.arn(role.id), role] as const),
  )
  return (arn, user) => {
    const role = required(roles.get(arn), `${user}: its role ${arn}`)
    const { Statement: trust } = role.properties.AssumeRolePolicyDocument as {
      Statement: { Principal?: { Service?: string | string[] } }[]
    }
    const assumedBy = trust.flatMap(({ Principal }) => Principal?.Service ?? [])
    return { id: role.id, assumedBy, statements: statementsOf(role, policies, reader) }
  }
}

export function readFunctions(reader: Reader): FunctionModel[] {
  const roleOf = roleFinder(reader)
  return reader.all('AWS::Lambda::Function').map(({ id, properties: p }) => {
    for (const property of unsupported) {
      if (p[property] !== undefined) throw new Failure(`${id}: ${property} is not understood here`)
    }
    const runtime = String(p.Runtime)
    if (!runtime.startsWith('nodejs')) throw new Failure(`${id}: runtime ${runtime} is not Node.js`)
    const roleArn = String(p.Role)
    const { statements } = roleOf(roleArn, id)
    const name = reader.ref(id)
    const logging = (p.LoggingConfig ?? {}) as Record<string, string | undefined>
    const { Variables = {} } = (p.Environment ?? {}) as { Variables?: Record<string, unknown> }
    const reserved = p.ReservedConcurrentExecutions
    checkEnvironment(id, Variables)
    return {
      id,
      name,
      arn: reader.arn(id),
      tag: String(p.Description ?? id),
      directory: assetOf(id, p.Code, reader.assets),
      handler: String(p.Handler),
      runtime,
      environment: Object.fromEntries(Object.entries(Variables).map(([k, v]) => [k, String(v)])),
      timeoutMs: Number(p.Timeout ?? 3) * 1000,
      memoryMb: Number(p.MemorySize ?? 128),
      reservedConcurrency: reserved === undefined ? undefined : Number(reserved),
      logFormat: logging.LogFormat ?? 'Text',
      logLevel: logging.ApplicationLogLevel,
      logGroup: logging.LogGroup ?? `/aws/lambda/${name}`,
      roleArn,
      statements,
    }
  })
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: 4 KB, reserved names */
function checkEnvironment(id: string, variables: Record<string, unknown>): void {
  const size = Buffer.byteLength(JSON.stringify(variables))
  if (size > 4096) throw new Failure(`${id}: its environment of ${size} bytes is over 4 KB`)
  const reserved =
    /^(AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|LAMBDA_.*|ACCESS_KEY.*|SECRET_.*|SESSION_TOKEN)|_HANDLER|LAMBDA_.*)$/
  const name = Object.keys(variables).find((candidate) => reserved.test(candidate))
  if (name !== undefined) throw new Failure(`${id}: Lambda reserves the variable ${name}`)
}

function assetOf(id: string, code: unknown, assets: Map<string, string>): string {
  const { S3Key: key } = code as { S3Key?: string }
  if (key === undefined) throw new Failure(`${id}: only code from an asset is understood here`)
  const directory = assets.get(basename(key).replace(/\.zip$/, ''))
  if (directory === undefined || !existsSync(directory)) {
    throw new Failure(`${id}: the assembly has no asset ${key}`)
  }
  return directory
}

/** All statements that a role's identity-based policies have. */
function statementsOf(role: Entry, policies: Entry[], reader: Reader): Statement[] {
  const { id, properties: p } = role
  if (p.PermissionsBoundary !== undefined) {
    throw new Failure(`${id}: permissions boundaries are not understood here`)
  }
  const managed = (p.ManagedPolicyArns ?? []) as string[]
  const own = policies.filter((policy) => managed.includes(reader.ref(policy.id)))
  const known = new Set(own.map((policy) => reader.ref(policy.id)))
  for (const arn of managed) {
    if (!known.has(arn) && !ignoredManagedPolicies.test(arn)) {
      throw new Failure(`${id}: the managed policy ${arn} is not understood here`)
    }
  }
  const attached = policies.filter((policy) =>
    ((policy.properties.Roles ?? []) as string[]).includes(reader.ref(id)),
  )
  const inline = (p.Policies ?? []) as { PolicyDocument: PolicyDocument }[]
  const documents = [
    ...inline.map((policy) => policy.PolicyDocument),
    ...[...attached, ...own].map((policy) => policy.properties.PolicyDocument as PolicyDocument),
  ]
  return documents.flatMap((document) => document.Statement)
}

/** The file of a handler such as `index.handler`, and the name of its export. */
export function handlerOf({ id, handler }: FunctionModel, directory: string): [string, string] {
  const dot = handler.lastIndexOf('.')
  const module = handler.slice(0, dot)
  const file = ['.mjs', '.js', '.cjs']
    .map((extension) => join(directory, `${module}${extension}`))
    .find(existsSync)
  return [required(file, `${id}: the module ${module} of its handler`), handler.slice(dot + 1)]
}

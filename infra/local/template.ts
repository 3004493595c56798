import { Failure, required } from '../failure.ts'
import { readRecord } from '../plan/deployed.ts'
import type { TableIndex } from '../plan/index-steps.ts'
import type { Resource, Stack, Template } from './assembly.ts'
import { createResolver } from './intrinsics.ts'
import type {
  EventSourceModel,
  KeyElement,
  Model,
  PasswordRules,
  PermissionModel,
  RotationModel,
  SecretModel,
  TableModel,
} from './model.ts'
import { readApi } from './template-api.ts'
import { readFunctions } from './template-functions.ts'
import {
  account,
  identityOf,
  ignoredTypes,
  isElsewhere,
  knownTypes,
  pseudoParameters,
} from './template-names.ts'
import type { Reader } from './template-reader.ts'

type Json = Record<string, unknown>

/**
 * Turns the template into the model that the runner serves. Resources and properties that it does
 * not understand are refused with the resource's logical id, so that nothing is served wrongly
 * in silence.
 */
export function readTemplate(stack: Stack, parameters: Record<string, string> = {}): Model {
  const { template } = stack
  const region = 'us-east-1'
  const pseudo = pseudoParameters(stack.name, region)
  const resolve = createResolver({
    template,
    parameters,
    pseudo,
    identify: (id) => identityOf(id, resourceAt(template, id), raw),
  })
  // A name that is itself computed is evaluated; `identityOf` asks for few properties only.
  function raw(value: unknown, id: string): unknown {
    return resolve(value, id)
  }
  const present = Object.entries(template.Resources).filter(
    ([id, { Condition }]) => Condition === undefined || resolve({ Condition }, id) === true,
  )
  for (const [id, { Type }] of present) {
    if (!knownTypes.has(Type) && !ignoredTypes.test(Type) && !isElsewhere(Type)) {
      throw new Failure(`${id}: resources of type ${Type} are not understood here`)
    }
  }
  const reader: Reader = {
    assets: stack.assets,
    all: (...types) =>
      present
        .filter(([, { Type }]) => types.includes(Type))
        .map(([id, { Type, Properties = {} }]) => {
          return { id, type: Type, properties: resolve(Properties, id) as Json }
        }),
    ref: (id) => resolve({ Ref: id }, id) as string,
    arn: (id) => resolve({ 'Fn::GetAtt': [id, 'Arn'] }, id) as string,
  }
  const tables = readTables(reader)
  return {
    stack: stack.name,
    region,
    account,
    functions: readFunctions(reader),
    tables,
    declared: readRecord(template),
    secrets: readSecrets(reader),
    rotations: readRotations(reader),
    eventSources: readEventSources(reader, tables),
    identities: reader
      .all('AWS::SES::EmailIdentity')
      .map(({ properties: p }) => String(p.EmailIdentity)),
    permissions: readPermissions(reader),
    api: readApi(reader),
    ignored: [...new Set(present.map(([, { Type }]) => Type).filter((t) => !knownTypes.has(t)))],
  }
}

function resourceAt(template: Template, id: string): Resource {
  return required(template.Resources[id], id)
}

function readTables({ all, ref, arn }: Reader): TableModel[] {
  return all('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(({ id, properties: p }) => {
    const ttl = p.TimeToLiveSpecification as { AttributeName: string; Enabled: boolean } | undefined
    const stream = p.StreamSpecification as { StreamViewType?: string } | undefined
    return {
      id,
      name: ref(id),
      arn: arn(id),
      streamArn: stream && `${arn(id)}/stream/latest`,
      keys: p.KeySchema as KeyElement[],
      attributes: (p.AttributeDefinitions ?? []) as TableModel['attributes'],
      globalIndexes: ((p.GlobalSecondaryIndexes ?? []) as TableIndex[]).map(indexOf),
      localIndexes: ((p.LocalSecondaryIndexes ?? []) as TableIndex[]).map(indexOf),
      streamView: stream?.StreamViewType ?? (stream && 'NEW_AND_OLD_IMAGES'),
      ttlAttribute: ttl?.Enabled ? ttl.AttributeName : undefined,
    }
  })
}

const indexOf = ({ IndexName, KeySchema, Projection }: TableIndex): TableIndex => {
  return { IndexName, KeySchema, Projection }
}

function readSecrets({ all, ref }: Reader): SecretModel[] {
  return all('AWS::SecretsManager::Secret').map(({ id, properties: p }) => {
    return {
      id,
      name: (p.Name as string | undefined) ?? id,
      arn: ref(id),
      value: p.SecretString as string | undefined,
      generate: p.GenerateSecretString as PasswordRules | undefined,
    }
  })
}

function readRotations({ all }: Reader): RotationModel[] {
  return all('AWS::SecretsManager::RotationSchedule').map(({ id, properties: p }) => {
    const rules = (p.RotationRules ?? {}) as Json
    const { AutomaticallyAfterDays: days, ScheduleExpression: rate } = rules
    if (p.HostedRotationLambda !== undefined) {
      throw new Failure(`${id}: hosted rotation functions are not understood here`)
    }
    return {
      id,
      revision: JSON.stringify(p),
      secretArn: required(p.SecretId as string, `${id}: SecretId`),
      functionArn: required(p.RotationLambdaARN as string, `${id}: RotationLambdaARN`),
      everyMs: days === undefined ? rateMs(rate as string | undefined, id) : Number(days) * dayMs,
      rotateAtOnce: p.RotateImmediatelyOnUpdate !== false,
    }
  })
}

const dayMs = 86_400_000

function rateMs(expression: string | undefined, id: string): number | undefined {
  if (expression === undefined) return undefined
  const [, count, unit] = /^rate\((\d+) (day|hour)s?\)$/.exec(expression) ?? []
  if (unit === undefined) throw new Failure(`${id}: the schedule ${expression} is not understood`)
  return Number(count) * (unit === 'day' ? dayMs : dayMs / 24)
}

function readEventSources({ all }: Reader, tables: TableModel[]): EventSourceModel[] {
  return all('AWS::Lambda::EventSourceMapping').map(({ id, properties: p }) => {
    const streamArn = p.EventSourceArn
    const table = tables.find((candidate) => candidate.streamArn === streamArn)
    if (table === undefined) throw new Failure(`${id}: only table streams are event sources here`)
    const { OnFailure } = (p.DestinationConfig ?? {}) as { OnFailure?: { Destination: string } }
    const { Filters = [] } = (p.FilterCriteria ?? {}) as { Filters?: { Pattern: string }[] }
    const age = Number(p.MaximumRecordAgeInSeconds ?? -1)
    const name = p.FunctionName as string
    return {
      id,
      tableName: table.name,
      streamArn: String(streamArn),
      functionArn: functionArn(name),
      batchSize: Number(p.BatchSize ?? 100),
      fromLatest: p.StartingPosition === 'LATEST',
      maximumRetries: Number(p.MaximumRetryAttempts ?? -1),
      maximumAgeMs: age < 0 ? undefined : age * 1000,
      bisect: p.BisectBatchOnFunctionError === true,
      reportsFailures: ((p.FunctionResponseTypes ?? []) as string[]).includes(
        'ReportBatchItemFailures',
      ),
      filters: Filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown),
      deadLetterArn: OnFailure?.Destination,
    }
  })
}

function readPermissions({ all }: Reader): PermissionModel[] {
  return all('AWS::Lambda::Permission').map(({ properties: p }) => {
    return {
      functionArn: functionArn(String(p.FunctionName)),
      principal: String(p.Principal),
      sourceArn: p.SourceArn as string | undefined,
    }
  })
}

/** A function is referred to by its name or by its ARN. */
function functionArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:')
    ? nameOrArn
    : `arn:aws:lambda:us-east-1:${account}:function:${nameOrArn}`
}

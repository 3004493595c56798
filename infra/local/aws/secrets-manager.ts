import { randomUUID } from 'node:crypto'
import type { RotationModel } from '../model.ts'
import { randomPassword } from './passwords.ts'
import { type Json, jsonAnswer } from './protocol.ts'
import {
  findSecret,
  holderOf,
  moveLabel,
  pruneVersions,
  type Secret,
  type SecretStore,
  type SecretVersion,
  saveSecrets,
} from './secret-store.ts'
import { SecretsError } from './secrets-error.ts'
import { type Service, targetOf } from './service.ts'

/**
 * The part of Secrets Manager that rotation uses, with version stages and request tokens as
 * documented.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version
 */
export function secretsManager(store: SecretStore, rotations: readonly RotationModel[]): Service {
  return {
    namespace: '',
    operationOf: targetOf,
    needs({ name, parameters }) {
      const resource = name === 'GetRandomPassword' ? '*' : arnOf(store, parameters.SecretId)
      return [{ action: `secretsmanager:${name}`, resource, context: () => ({}) }]
    },
    perform({ name, parameters }) {
      try {
        return jsonAnswer(200, performOnSecret(store, rotations, name, parameters))
      } catch (error) {
        if (!(error instanceof SecretsError)) throw error
        return jsonAnswer(400, { __type: error.type, message: error.message })
      }
    },
  }
}

/** @throws SecretsError as the service would answer */
export function performOnSecret(
  store: SecretStore,
  rotations: readonly RotationModel[],
  operation: string,
  parameters: Json,
): Json {
  switch (operation) {
    case 'GetSecretValue':
      return getSecretValue(store, parameters)
    case 'DescribeSecret':
      return describeSecret(store, parameters, rotations)
    case 'PutSecretValue':
      return putSecretValue(store, parameters)
    case 'UpdateSecretVersionStage':
      return updateSecretVersionStage(store, parameters)
    case 'GetRandomPassword':
      return { RandomPassword: randomPassword(parameters) }
    default:
      throw new SecretsError('InvalidRequestException', `no ${operation} locally`)
  }
}

/** The ARN that a `SecretId` (name or ARN) means, for the permission check. */
function arnOf({ secrets }: SecretStore, secretId: unknown): string {
  const id = String(secretId ?? '*')
  const named = [...secrets.values()].find(({ name }) => name === id)
  return named?.arn ?? id
}

function getSecretValue(store: SecretStore, { SecretId, VersionId, VersionStage }: Json): Json {
  const secret = findSecret(store, SecretId)
  const [id, version] = versionOf(secret, VersionId, VersionStage)
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: id,
    SecretString: version.value,
    VersionStages: version.stages,
    CreatedDate: version.createdAt / 1000,
  }
}

function versionOf({ versions }: Secret, id: unknown, stage: unknown): [string, SecretVersion] {
  const label = String(stage ?? 'AWSCURRENT')
  const found = Object.entries(versions).find(([versionId, version]) =>
    id === undefined
      ? version.stages.includes(label)
      : versionId === id && (stage === undefined || version.stages.includes(label)),
  )
  if (found?.[1].value !== undefined) return found
  const what = id === undefined ? `staging label: ${label}` : `VersionId: ${String(id)}`
  const message = `Secrets Manager can't find the specified secret value for ${what}`
  throw new SecretsError('ResourceNotFoundException', message)
}

function describeSecret(
  store: SecretStore,
  { SecretId }: Json,
  rotations: readonly RotationModel[],
): Json {
  const secret = findSecret(store, SecretId)
  const rotation = rotations.find(({ secretArn }) => secretArn === secret.arn)
  const labelled = Object.entries(secret.versions).filter(([, { stages }]) => stages.length > 0)
  return {
    ARN: secret.arn,
    Name: secret.name,
    RotationEnabled: rotation !== undefined,
    ...(rotation && { RotationLambdaARN: rotation.functionArn }),
    ...(secret.rotatedAt && { LastRotatedDate: secret.rotatedAt / 1000 }),
    CreatedDate: secret.createdAt / 1000,
    VersionIdsToStages: Object.fromEntries(labelled.map(([id, { stages }]) => [id, stages])),
  }
}

function putSecretValue(store: SecretStore, request: Json): Json {
  const secret = findSecret(store, request.SecretId)
  const id = String(request.ClientRequestToken ?? randomUUID())
  const value = request.SecretString
  if (typeof value !== 'string') {
    throw new SecretsError('InvalidRequestException', 'only SecretString is understood here')
  }
  const existing = secret.versions[id]
  if (existing?.value !== undefined && existing.value !== value) {
    const message = "You can't use ClientRequestToken for a version that already has another value."
    throw new SecretsError('ResourceExistsException', message)
  }
  const version = existing ?? { stages: [], createdAt: store.clock.now() }
  version.value = value
  secret.versions[id] = version
  const stages = (request.VersionStages ?? ['AWSCURRENT']) as string[]
  for (const stage of stages) moveLabel(secret, stage, id)
  saveSecrets(store)
  return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: version.stages }
}

function updateSecretVersionStage(store: SecretStore, request: Json): Json {
  const secret = findSecret(store, request.SecretId)
  const stage = String(request.VersionStage)
  const to = request.MoveToVersionId as string | undefined
  const holder = holderOf(secret, stage)
  if (to !== undefined && secret.versions[to] === undefined) {
    throw new SecretsError('ResourceNotFoundException', `There is no version ${to}.`)
  }
  if (holder !== undefined && holder !== request.RemoveFromVersionId && holder !== to) {
    const message = `The staging label ${stage} is attached to version ${holder}: name it to move the label.`
    throw new SecretsError('InvalidParameterException', message)
  }
  moveLabel(secret, stage, to)
  pruneVersions(secret)
  saveSecrets(store)
  return { ARN: secret.arn, Name: secret.name }
}

import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from './clock.ts'
import { Failure } from './failure.ts'
import type { RotationModel, SecretModel } from './model.ts'
import { generateSecretString, randomPassword } from './passwords.ts'
import { SecretsError } from './secrets-error.ts'

interface Version {
  /** Absent until PutSecretValue: Secrets Manager labels a version before it has a value. */
  value?: string
  stages: string[]
  createdAt: number
}

interface Secret {
  arn: string
  name: string
  createdAt: number
  rotatedAt?: number
  /** The revision of the schedule that it was last rotated for. */
  rotatedFor?: string
  versions: Record<string, Version>
}

export interface Secrets {
  /** Creates what the template has and the store does not. */
  deploy(secrets: SecretModel[], rotations: RotationModel[]): void
  handle(operation: string, request: Record<string, unknown>): Record<string, unknown> | undefined
  /** The ARN that a `SecretId` (name or ARN) means, for the permission check. */
  arnOf(secretId: unknown): string
  rotatedAt(arn: string): number | undefined
  rotatedFor(arn: string): string | undefined
  /** Labels a version AWSPENDING, or finds the one of a rotation that did not finish. */
  beginRotation(arn: string): string
  /** Records the end of a rotation; fails when its version did not become the current one. */
  endRotation(arn: string, versionId: string, schedule?: string): void
}

/**
 * The part of Secrets Manager that rotation uses, with version stages and request tokens as
 * documented. With a `file` it keeps everything there, readable by the owner alone.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html#term_version
 */
export function createSecrets(clock: Clock, file?: string): Secrets {
  const secrets = new Map<string, Secret>(Object.entries(load(file)))
  let rotations: RotationModel[] = []

  const save = () => {
    if (file === undefined) return
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const temporary = `${file}.${process.pid}.tmp`
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(secrets), null, 2), { mode: 0o600 })
    renameSync(temporary, file)
  }

  const find = (secretId: unknown): Secret => {
    const id = String(secretId)
    const found = secrets.get(id) ?? [...secrets.values()].find(({ name }) => name === id)
    if (found !== undefined) return found
    throw new SecretsError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    )
  }

  const versionOf = ({ versions }: Secret, id: unknown, stage: unknown): [string, Version] => {
    const label = String(stage ?? 'AWSCURRENT')
    const found = Object.entries(versions).find(([versionId, version]) =>
      id === undefined
        ? version.stages.includes(label)
        : versionId === id && (stage === undefined || version.stages.includes(label)),
    )
    if (found?.[1].value !== undefined) return found
    const what = id === undefined ? `staging label: ${label}` : `VersionId: ${String(id)}`
    throw new SecretsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${what}`,
    )
  }

  const holderOf = ({ versions }: Secret, stage: string) =>
    Object.entries(versions).find(([, { stages }]) => stages.includes(stage))?.[0]

  /** Moves a label; the version that loses AWSCURRENT becomes AWSPREVIOUS. */
  const move = (secret: Secret, stage: string, to: string | undefined) => {
    const from = holderOf(secret, stage)
    for (const version of Object.values(secret.versions)) {
      version.stages = version.stages.filter((label) => label !== stage)
    }
    if (to !== undefined) secret.versions[to]?.stages.push(stage)
    if (stage === 'AWSCURRENT' && from !== undefined && from !== to) {
      move(secret, 'AWSPREVIOUS', from)
    }
  }

  type Operation = (request: Record<string, unknown>) => Record<string, unknown>
  const operations: Record<string, Operation> = {
    GetSecretValue(request) {
      const secret = find(request.SecretId)
      const [id, version] = versionOf(secret, request.VersionId, request.VersionStage)
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: id,
        SecretString: version.value,
        VersionStages: version.stages,
        CreatedDate: version.createdAt / 1000,
      }
    },

    DescribeSecret(request) {
      const secret = find(request.SecretId)
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
    },

    PutSecretValue(request) {
      const secret = find(request.SecretId)
      const id = String(request.ClientRequestToken ?? randomUUID())
      const value = request.SecretString
      if (typeof value !== 'string') {
        throw new SecretsError('InvalidRequestException', 'only SecretString is understood here')
      }
      const existing = secret.versions[id]
      if (existing?.value !== undefined && existing.value !== value) {
        throw new SecretsError(
          'ResourceExistsException',
          "You can't use ClientRequestToken for a version that already has another value.",
        )
      }
      const version = existing ?? { stages: [], createdAt: clock.now() }
      version.value = value
      secret.versions[id] = version
      for (const stage of (request.VersionStages ?? ['AWSCURRENT']) as string[]) {
        move(secret, stage, id)
      }
      save()
      return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: version.stages }
    },

    UpdateSecretVersionStage(request) {
      const secret = find(request.SecretId)
      const stage = String(request.VersionStage)
      const to = request.MoveToVersionId as string | undefined
      const from = request.RemoveFromVersionId as string | undefined
      const holder = holderOf(secret, stage)
      if (to !== undefined && secret.versions[to] === undefined) {
        throw new SecretsError('ResourceNotFoundException', `There is no version ${to}.`)
      }
      if (holder !== undefined && holder !== from && holder !== to) {
        throw new SecretsError(
          'InvalidParameterException',
          `The staging label ${stage} is attached to version ${holder}: name it to move the label.`,
        )
      }
      move(secret, stage, to)
      prune(secret)
      save()
      return { ARN: secret.arn, Name: secret.name }
    },

    GetRandomPassword: (request) => ({ RandomPassword: randomPassword(request) }),
  }

  return {
    deploy(models, rotationModels) {
      rotations = rotationModels
      for (const { arn, name, value, generate } of models) {
        if (secrets.has(arn)) continue
        const createdAt = clock.now()
        const initial =
          value ?? (generate === undefined ? undefined : generateSecretString(generate))
        const versions: Secret['versions'] = {}
        if (initial !== undefined) {
          versions[randomUUID()] = { value: initial, stages: ['AWSCURRENT'], createdAt }
        }
        secrets.set(arn, { arn, name, createdAt, versions })
      }
      save()
    },
    handle: (operation, request) => operations[operation]?.(request),
    arnOf(secretId) {
      const id = String(secretId ?? '*')
      if (id === '*') return id
      const found = secrets.get(id) ?? [...secrets.values()].find(({ name }) => name === id)
      return found?.arn ?? id
    },
    rotatedAt: (arn) => find(arn).rotatedAt,
    rotatedFor: (arn) => find(arn).rotatedFor,
    beginRotation(arn) {
      const secret = find(arn)
      const pending = holderOf(secret, 'AWSPENDING')
      const unfinished = pending !== undefined && pending !== holderOf(secret, 'AWSCURRENT')
      if (unfinished) return pending
      const id = randomUUID()
      secret.versions[id] = { stages: [], createdAt: clock.now() }
      move(secret, 'AWSPENDING', id)
      save()
      return id
    },
    endRotation(arn, versionId, schedule) {
      const secret = find(arn)
      if (holderOf(secret, 'AWSCURRENT') !== versionId) {
        throw new Failure(`the rotation of ${secret.name} did not make its version AWSCURRENT`)
      }
      secret.rotatedAt = clock.now()
      if (schedule !== undefined) secret.rotatedFor = schedule
      save()
    },
  }
}

/** Versions without a label are deprecated; Secrets Manager deletes the oldest in the end. */
function prune({ versions }: Secret): void {
  const deprecated = Object.keys(versions).filter((id) => versions[id]?.stages.length === 0)
  for (const id of deprecated.slice(0, -10)) delete versions[id]
}

function load(file: string | undefined): Record<string, Secret> {
  if (file === undefined || !existsSync(file)) return {}
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Secret>
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${(error as Error).message}`)
  }
}

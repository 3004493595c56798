import { randomUUID } from 'node:crypto'
import { Failure } from '../../failure.ts'
import type { Clock } from '../clock.ts'
import { readJson, writePrivate } from '../files.ts'
import type { SecretModel } from '../model.ts'
import { generateSecretString } from './passwords.ts'
import { SecretsError } from './secrets-error.ts'

export interface SecretVersion {
  /** Absent until PutSecretValue: Secrets Manager labels a version before it has a value. */
  value?: string
  stages: string[]
  readonly createdAt: number
}

export interface Secret {
  readonly arn: string
  readonly name: string
  readonly createdAt: number
  rotatedAt?: number
  /** The revision of the schedule that it was last rotated for. */
  rotatedFor?: string
  readonly versions: Record<string, SecretVersion>
}

/** The secrets by ARN, and the file that they are kept in. */
export interface SecretStore {
  readonly secrets: Map<string, Secret>
  readonly clock: Clock
  readonly file: string | undefined
}

/** With a `file` all secrets are kept there, readable by its owner alone. */
export function openSecrets(clock: Clock, file?: string): SecretStore {
  const kept = readJson<Record<string, Secret>>(file) ?? {}
  return { secrets: new Map(Object.entries(kept)), clock, file }
}

export function saveSecrets({ secrets, file }: SecretStore): void {
  writePrivate(file, JSON.stringify(Object.fromEntries(secrets), null, 2))
}

/** Creates what the template has and the store does not. */
export function deploySecrets(store: SecretStore, models: readonly SecretModel[]): void {
  for (const { arn, name, value, generate } of models) {
    if (store.secrets.has(arn)) continue
    const createdAt = store.clock.now()
    const initial = value ?? (generate && generateSecretString(generate))
    const versions: Secret['versions'] =
      initial === undefined
        ? {}
        : { [randomUUID()]: { value: initial, stages: ['AWSCURRENT'], createdAt } }
    store.secrets.set(arn, { arn, name, createdAt, versions })
  }
  saveSecrets(store)
}

/**
 * @param secretId a name or an ARN
 * @throws SecretsError when there is none
 */
export function findSecret({ secrets }: SecretStore, secretId: unknown): Secret {
  const id = String(secretId)
  const found = secrets.get(id) ?? [...secrets.values()].find(({ name }) => name === id)
  if (found) return found
  const message = "Secrets Manager can't find the specified secret."
  throw new SecretsError('ResourceNotFoundException', message)
}

/** The version that holds a label. */
export function holderOf({ versions }: Secret, stage: string): string | undefined {
  return Object.entries(versions).find(([, { stages }]) => stages.includes(stage))?.[0]
}

/** Moves a label; the version that loses AWSCURRENT becomes AWSPREVIOUS. */
export function moveLabel(secret: Secret, stage: string, to: string | undefined): void {
  const from = holderOf(secret, stage)
  for (const version of Object.values(secret.versions)) {
    version.stages = version.stages.filter((label) => label !== stage)
  }
  if (to !== undefined) secret.versions[to]?.stages.push(stage)
  if (stage === 'AWSCURRENT' && from !== undefined && from !== to) {
    moveLabel(secret, 'AWSPREVIOUS', from)
  }
}

/** Versions without a label are deprecated; Secrets Manager deletes the oldest in the end. */
export function pruneVersions({ versions }: Secret): void {
  const deprecated = Object.keys(versions).filter((id) => versions[id]?.stages.length === 0)
  for (const id of deprecated.slice(0, -10)) delete versions[id]
}

/** Labels a version AWSPENDING, or finds the one of a rotation that did not finish. */
export function beginRotation(store: SecretStore, arn: string): string {
  const secret = findSecret(store, arn)
  const pending = holderOf(secret, 'AWSPENDING')
  const unfinished = pending !== undefined && pending !== holderOf(secret, 'AWSCURRENT')
  if (unfinished) return pending
  const id = randomUUID()
  secret.versions[id] = { stages: [], createdAt: store.clock.now() }
  moveLabel(secret, 'AWSPENDING', id)
  saveSecrets(store)
  return id
}

/** Records the end of a rotation; fails when its version did not become the current one. */
export function endRotation(
  store: SecretStore,
  arn: string,
  versionId: string,
  revision: string,
): void {
  const secret = findSecret(store, arn)
  if (holderOf(secret, 'AWSCURRENT') !== versionId) {
    throw new Failure(`the rotation of ${secret.name} did not make its version AWSCURRENT`)
  }
  secret.rotatedAt = store.clock.now()
  secret.rotatedFor = revision
  saveSecrets(store)
}

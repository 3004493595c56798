import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { mapUnavailable, patience, withDeadline } from './failures.ts'
import { signer } from './signature.ts'

let client: SecretsManagerClient | undefined

/** Made when it is needed: the authorizer needs it for HS256 alone. */
function secrets(): SecretsManagerClient {
  client ??= withDeadline(new SecretsManagerClient({ ...patience, signer }))
  return client
}

function ask<Output>(asked: (client: SecretsManagerClient) => Promise<Output>): Promise<Output> {
  return mapUnavailable(asked(secrets()))
}

/** The staging labels of Secrets Manager's rotation. */
export type VersionStage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

interface SecretVersion {
  readonly id: string
  readonly text: string
}

/**
 * The secret's text; undefined when no version has the label.
 * @throws Problem 503 when Secrets Manager does not give it
 */
export async function readSecret(
  secretId: string,
  stage: VersionStage,
  versionId?: string,
): Promise<string | undefined> {
  return (await readSecretVersion(secretId, stage, versionId))?.text
}

/** The same, with the version's id. */
export async function readSecretVersion(
  secretId: string,
  stage: VersionStage,
  versionId?: string,
): Promise<SecretVersion | undefined> {
  try {
    const command = new GetSecretValueCommand({
      SecretId: secretId,
      VersionStage: stage,
      VersionId: versionId,
    })
    const { VersionId: id, SecretString: text } = await ask((client) => client.send(command))
    return id !== undefined && text !== undefined ? { id, text } : undefined
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

export async function putPendingSecret(
  secretId: string,
  versionId: string,
  text: string,
): Promise<void> {
  const command = new PutSecretValueCommand({
    SecretId: secretId,
    ClientRequestToken: versionId,
    SecretString: text,
    VersionStages: ['AWSPENDING'],
  })
  await ask((client) => client.send(command))
}

/** The id of the version that has AWSCURRENT. */
export async function currentVersion(secretId: string): Promise<string | undefined> {
  return (await readSecretVersion(secretId, 'AWSCURRENT'))?.id
}

/** Moves AWSCURRENT from one version to another. @throws Error where another has it by now */
export async function promoteSecret(secretId: string, from: string, to: string): Promise<void> {
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: 'AWSCURRENT',
    RemoveFromVersionId: from,
    MoveToVersionId: to,
  })
  await ask((client) => client.send(command))
}

/** Takes AWSPENDING from a version: else Secrets Manager takes its rotation up again and again. */
export async function dropPendingSecret(secretId: string, versionId: string): Promise<void> {
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: 'AWSPENDING',
    RemoveFromVersionId: versionId,
  })
  await ask((client) => client.send(command))
}

import {
  DescribeSecretCommand,
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

/**
 * The secret's text; undefined when no version has the label.
 * @throws Problem 503 when Secrets Manager does not give it
 */
export async function readSecret(
  secretId: string,
  stage: VersionStage,
  versionId?: string,
): Promise<string | undefined> {
  try {
    const command = new GetSecretValueCommand({
      SecretId: secretId,
      VersionStage: stage,
      VersionId: versionId,
    })
    return (await ask((client) => client.send(command))).SecretString
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

/** The labels of each version, by version id. */
export async function secretVersions(secretId: string): Promise<Record<string, string[]>> {
  const command = new DescribeSecretCommand({ SecretId: secretId })
  return (await ask((client) => client.send(command))).VersionIdsToStages ?? {}
}

/** Moves AWSCURRENT from one version to another. */
export async function promoteSecret(secretId: string, from: string, to: string): Promise<void> {
  const command = new UpdateSecretVersionStageCommand({
    SecretId: secretId,
    VersionStage: 'AWSCURRENT',
    RemoveFromVersionId: from,
    MoveToVersionId: to,
  })
  await ask((client) => client.send(command))
}

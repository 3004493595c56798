import type { Context, SecretsManagerRotationEvent } from 'aws-lambda'
import { rotationSteps } from './auth/keys/rotation.ts'
import { textRotationSteps } from './auth/keys/text-rotation.ts'
import { optional, variables } from './config/environment.ts'
import { securityEvent } from './invocation/security-events.ts'

/** One step of a rotation on schedule, called by Secrets Manager. */
export async function handler(event: SecretsManagerRotationEvent, context: Context): Promise<void> {
  const { SecretId: secretId, ClientRequestToken: versionId, Step } = event
  const ofMail = secretId === optional(variables.mailSecret)
  await (ofMail ? textRotationSteps : rotationSteps)[Step]({ secretId, versionId })
  if (Step === 'finishSecret' && !ofMail)
    securityEvent('key_rotated', { requestId: context.awsRequestId }, { by: 'schedule' })
}

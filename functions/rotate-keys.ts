import type { Context, SecretsManagerRotationEvent } from 'aws-lambda'
import { rotationSteps } from './auth/keys/rotation.ts'
import { securityEvent } from './invocation/security-events.ts'

/** One step of a rotation on schedule, called by Secrets Manager. */
export async function handler(event: SecretsManagerRotationEvent, context: Context): Promise<void> {
  const { SecretId: secretId, ClientRequestToken: versionId, Step } = event
  await rotationSteps[Step]({ secretId, versionId })
  if (Step === 'finishSecret')
    securityEvent('key_rotated', { requestId: context.awsRequestId }, { by: 'schedule' })
}

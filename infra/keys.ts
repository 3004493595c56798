import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { Stage } from './stages.ts'

/** The secret of the key ring. It begins as random text; the first rotation puts keys into it. */
export function signingSecret(scope: Construct, key: IKey | undefined): Secret {
  return new Secret(scope, 'SigningKeys', {
    description: 'The private signing key and the keys of opaque tokens',
    generateSecretString: {},
    ...(key && { encryptionKey: key }),
  })
}

/**
 * Rotation on a schedule, and at once when it is set up. The algorithm is part of the schedule's
 * name, so that another algorithm is another schedule and brings its keys at once.
 */
export function rotation(scope: Construct, secret: Secret, rotate: Lambda, stage: Stage): void {
  rotate.addPermission('SecretsManager', {
    principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
    sourceArn: secret.secretArn,
  })
  const schedule = new CfnRotationSchedule(scope, `Rotation${stage.algorithm}`, {
    secretId: secret.secretArn,
    rotationLambdaArn: rotate.functionArn,
    rotationRules: { automaticallyAfterDays: stage.rotationDays },
    rotateImmediatelyOnUpdate: true,
  })
  schedule.node.addDependency(rotate)
}

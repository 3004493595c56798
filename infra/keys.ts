import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { algorithms } from '../functions/auth/tokens/tokens.ts'
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
 * Rotation on a schedule, and at once when the schedule is new or changed. There is one schedule
 * for good, under the name that it had first: CloudFormation ends the rotation of the secret when it
 * deletes a schedule, even after another one has come. What the algorithm changes is the window in
 * which a rotation may begin, so that another algorithm brings its keys at once.
 */
export function rotation(scope: Construct, secret: Secret, rotate: Lambda, stage: Stage): void {
  rotate.addPermission('SecretsManager', {
    principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
    sourceArn: secret.secretArn,
  })
  const schedule = new CfnRotationSchedule(scope, 'RotationES256', {
    secretId: secret.secretArn,
    rotationLambdaArn: rotate.functionArn,
    rotationRules: {
      scheduleExpression: `rate(${stage.rotationDays} ${stage.rotationDays === 1 ? 'day' : 'days'})`,
      duration: `${20 + algorithms.indexOf(stage.algorithm)}h`,
    },
    rotateImmediatelyOnUpdate: true,
  })
  schedule.node.addDependency(rotate)
}

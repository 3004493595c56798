import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { removal } from './removal.ts'
import { type Stage, stackName } from './stages.ts'

/**
 * The key for what must never be read outside the functions: credentials, sessions, the signing
 * keys. Whoever may read the tables still needs this key too; disabling it makes all of it
 * unreadable. Without it, AWS's own keys are used, which ask for no permission.
 */
export function dataKey(scope: Construct, stage: Stage): Key | undefined {
  if (!stage.ownKey) return undefined
  return new Key(scope, 'DataKey', {
    alias: stackName(stage).toLowerCase(),
    description: `Credentials, sessions and signing keys of ${stackName(stage)}`,
    enableKeyRotation: true,
    removalPolicy: removal(stage),
  })
}

/**
 * What DynamoDB and Secrets Manager do with a customer managed key in the name of their caller,
 * and nobody without them.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function keyUse(key: IKey): PolicyStatement {
  const { region, urlSuffix } = key.stack
  return new PolicyStatement({
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    resources: [key.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': ['dynamodb', 'secretsmanager'].map(
          (service) => `${service}.${region}.${urlSuffix}`,
        ),
      },
    },
  })
}

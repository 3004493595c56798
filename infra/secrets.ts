import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { algorithms } from '../functions/auth/tokens/tokens.ts'
import { variables } from '../functions/config/environment.ts'
import { accept } from './findings.ts'
import { named } from './named.ts'
import { removal } from './removal.ts'
import type { Stage } from './stages.ts'

export type SecretName = 'signing' | 'mail' | 'factor'

interface SecretSettings {
  /** Names the secret in the stack; another one is another secret. */
  readonly id: string
  readonly description: string
  /** The variable by which functions get its id. */
  readonly variable: string
  /** Whether the stage has it. */
  readonly wanted?: (stage: Stage) => boolean
  /**
   * The function that rotates it, on a schedule of this name; none where it stays as it is. `atOnce`:
   * also when the schedule is new or changed.
   */
  readonly rotation?: { readonly by: string; readonly id: string; readonly atOnce: boolean }
}

/** The secrets. Each begins as random text: the first rotation puts the signing keys into theirs. */
export const secretSettings: Readonly<Record<SecretName, SecretSettings>> = {
  signing: {
    id: 'SigningKeys',
    description: 'The private signing key and the keys of opaque tokens',
    variable: variables.signingSecret,
    rotation: { by: 'rotate-keys', id: 'RotationES256', atOnce: true },
  },
  mail: {
    id: 'MailSecret',
    description: 'The text that the keys of the links in mails are derived from',
    variable: variables.mailSecret,
    wanted: ({ mailFrom }) => mailFrom !== '',
    // Links are good for one rotation: one that came early would void them.
    rotation: { by: 'rotate-keys', id: 'MailRotation', atOnce: false },
  },
  factor: {
    id: 'FactorSecret',
    description:
      'The text that the keys of second factors are derived from; rotation would lose them',
    variable: variables.factorSecret,
  },
}

export type Secrets = ReadonlyMap<SecretName, Secret>

function settingsOf(stage: Stage): [SecretName, SecretSettings][] {
  const all = Object.entries(secretSettings) as [SecretName, SecretSettings][]
  return all.filter(([, { wanted }]) => wanted?.(stage) ?? true)
}

export function secrets(scope: Construct, stage: Stage, key: IKey | undefined): Secrets {
  return new Map(
    settingsOf(stage).map(([name, { id, description, rotation }]) => {
      const secret = new Secret(scope, id, {
        description,
        generateSecretString: {},
        // What is sealed under it is kept too.
        removalPolicy: removal(stage),
        ...(key && { encryptionKey: key }),
      })
      if (!rotation)
        accept(secret, 'AwsSolutions-SMG4', 'Stored items are sealed under keys derived from it.')
      return [name, secret]
    }),
  )
}

export function secretNamed(made: Secrets, name: SecretName): Secret {
  const secret = made.get(name)
  if (!secret) throw new Error(`The stage has no secret ${name}`)
  return secret
}

/**
 * Rotation on a schedule. A secret has one schedule for good, under the name that it had first:
 * CloudFormation ends the rotation of the secret when it deletes a schedule, even after another one
 * has come. Another algorithm changes the window in which a rotation may begin, and so brings its
 * keys at once.
 */
export function rotations(
  scope: Construct,
  made: Secrets,
  functions: ReadonlyMap<string, Lambda>,
  stage: Stage,
): void {
  const { algorithm, rotationDays } = stage
  for (const [name, { id, rotation }] of settingsOf(stage)) {
    if (!rotation) continue
    const rotate = named(functions, rotation.by)
    const { secretArn } = secretNamed(made, name)
    // At first there was one such permission, and it keeps its name.
    rotate.addPermission(name === 'signing' ? 'SecretsManager' : id, {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceArn: secretArn,
    })
    const schedule = new CfnRotationSchedule(scope, rotation.id, {
      secretId: secretArn,
      rotationLambdaArn: rotate.functionArn,
      rotationRules: {
        scheduleExpression: `rate(${rotationDays} ${rotationDays === 1 ? 'day' : 'days'})`,
        duration: `${20 + (name === 'signing' ? algorithms.indexOf(algorithm) : 0)}h`,
      },
      rotateImmediatelyOnUpdate: rotation.atOnce,
    })
    schedule.node.addDependency(rotate)
  }
}

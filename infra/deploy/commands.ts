import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { aws } from '../operator/aws.ts'
import { invokeOperator } from '../operator/operator.ts'
import type { Stage } from '../stages.ts'

/** The programs that reach AWS. */
export interface Tools {
  /** The profile that all of them use, where the command line names one. */
  readonly profile?: string | undefined
  /** Runs the AWS CLI. @returns what it writes @throws Failure with what it complains of */
  readonly aws: (parameters: readonly string[]) => Promise<string>
  /** Runs the CDK's command, for people to see. @returns its status */
  readonly cdk: (parameters: readonly string[]) => Promise<number>
  /** Sends a command to the operator's function of a stage. */
  readonly invoke: (stage: Stage, command: object) => Promise<unknown>
  readonly say: (text: string) => void
  readonly wait: (seconds: number) => Promise<void>
}

/** The programs of this machine, for people at a terminal. */
export function toolsWith(profile: string | undefined): Tools {
  // Given to all as an option, it is preferred to keys in the environment, which it may build on.
  const options = profileOption(profile)
  return {
    profile,
    aws: async (parameters) => aws([...parameters, ...options]),
    cdk: (parameters) => cdkTool([...parameters, ...options]),
    invoke: (stage, command) => invokeOperator(stage, command, options),
    say: (text) => console.log(text),
    wait: (seconds) => delay(seconds * 1000),
  }
}

/** How the AWS CLI and the CDK are told of a profile. */
export function profileOption(profile: string | undefined): readonly string[] {
  return profile === undefined ? [] : ['--profile', profile]
}

export async function cdkTool(parameters: readonly string[]): Promise<number> {
  const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'))
  return spawnSync(process.execPath, [cdk, ...parameters], { stdio: 'inherit' }).status ?? 1
}

/** Whether there is anything that the AWS SDK takes credentials from, other than the machine. */
export function hasCredentials(): boolean {
  const { env } = process
  const files = [
    env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws', 'credentials'),
  ]
  const variables = [
    'AWS_ACCESS_KEY_ID',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ]
  return variables.some((variable) => env[variable]) || files.some((file) => existsSync(file))
}

export const advice = `
There are no AWS credentials here. Sign in first, for example with \`aws configure sso\` or
\`aws login\`, name the profile and region in AWS_PROFILE and AWS_REGION, and, once for each account
and region, run \`npm run bootstrap\`.`

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stageNames, stageOf } from './stages.ts'

const deployable = stageNames.filter((name) => name !== 'local')

const help = `The CDK's command for one stage; what else is given is passed on to it.

  npm run synth|diff|deploy|destroy|bootstrap -- [--stage ${deployable.join('|')}] [options of cdk]
`

/** What needs an AWS account. */
const remote = ['diff', 'deploy', 'destroy', 'bootstrap']

function main(): number {
  const [command = '', ...given] = process.argv.slice(2)
  if (command !== 'synth' && !remote.includes(command)) {
    console.error(help)
    return 1
  }
  const { values } = parseArgs({
    args: given,
    strict: false,
    options: { stage: { type: 'string', default: 'dev' } },
  })
  const { name } = stageOf(String(values.stage))
  if (name === 'local' && remote.includes(command))
    throw new Error('The stage local is what `npm start` serves: deploy dev or prod.')
  const passed = given.filter(
    (arg, index) => !/^--stage(=|$)/.test(arg) && given[index - 1] !== '--stage',
  )
  const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'))
  const args = [cdk, command, ...passed, '--context', `stage=${name}`]
  const status = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
  if (status !== 0 && remote.includes(command) && !hasCredentials()) console.error(advice)
  return status
}

/** Whether there is anything that the AWS SDK takes credentials from, other than the machine. */
function hasCredentials(): boolean {
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

const advice = `
There are no AWS credentials here. Sign in first, for example with \`aws configure sso\` or
\`aws login\`, name the profile and region in AWS_PROFILE and AWS_REGION, and, once for each account
and region, run \`npm run bootstrap\`.`

try {
  process.exitCode = main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

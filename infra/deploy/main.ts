import { runCommand } from '../command.ts'
import { stageNames, stageOf } from '../stages.ts'
import { advice, cdkTool, hasCredentials, toolsWith } from './commands.ts'
import { deployPlanned, diffPlanned } from './deploy.ts'

const deployable = stageNames.filter((name) => name !== 'local')

const help = `The CDK's command for one stage; what else is given is passed on to it.

  npm run synth|diff|deploy|destroy|bootstrap -- [--stage ${deployable.join('|')}] [options of cdk]

diff says first what the changed declarations mean for what is stored, and deploy goes by it: it
refuses what would lose or open something, and makes or removes several indexes of a table in as many
deployments, one after another. Both read what is deployed with the AWS CLI.

  --replace <resource>   lets the resource begin with an empty table after its key, parent or owner
                         has changed, or lets it go when it is no longer declared
  --widen <resource>     lets more people see or change the items that are stored
`

/** What needs an AWS account. */
const remote = ['diff', 'deploy', 'destroy', 'bootstrap']

/**
 * What is to be run, which answers the status.
 * @throws Error for what is wrong with the command line, before anything is asked of AWS
 */
function readCommand(command: string, given: readonly string[]): () => Promise<number> {
  if (given.includes('--help') || (command !== 'synth' && !remote.includes(command))) {
    console.error(help)
    return async () => (given.includes('--help') ? 0 : 1)
  }
  const { own, passed } = divided(given)
  const stage = stageOf(own.stage?.at(-1) ?? 'dev')
  if (stage.name === 'local' && remote.includes(command))
    throw new Error('The stage local is what `npm start` serves: deploy dev or prod.')
  const planned = { diff: diffPlanned, deploy: deployPlanned }[command]
  if (!planned) return () => cdkTool([command, ...passed, '--context', `stage=${stage.name}`])
  const { output, profile, context, rest } = ofTheCdk(passed)
  const accepted = { replace: own.replace ?? [], widen: own.widen ?? [] }
  return () => planned({ stage, accepted, output, context, passed: rest }, toolsWith(profile))
}

/** Our own options, by their names; the rest is for the CDK. */
function divided(given: readonly string[]) {
  const { own, rest } = taken(given, ['stage', 'replace', 'widen'])
  return { own, passed: rest }
}

function ofTheCdk(passed: readonly string[]) {
  const { own, rest } = taken(passed, ['output', 'profile', 'context'])
  const { output, profile, context = [] } = own
  return { output: output?.at(-1) ?? 'cdk.out', profile: profile?.at(-1), context, rest }
}

/** The CDK's other names of options. */
const short: Readonly<Record<string, string>> = { '-c': '--context', '-o': '--output' }

/** Takes `--name value` and `--name=value` out of what is given. */
function taken(given: readonly string[], names: readonly string[]) {
  const own: Record<string, string[]> = {}
  const rest: string[] = []
  for (let at = 0; at < given.length; at++) {
    const text = given[at] ?? ''
    const long = text.replace(/^-[a-z](?==|$)/, (option) => short[option] ?? option)
    const [, name = '', inline] = /^--([a-z]+)(?:=(.*))?$/s.exec(long) ?? []
    if (!names.includes(name)) {
      rest.push(text)
      continue
    }
    const value = inline ?? given[++at]
    if (!value) throw new Error(`--${name} needs a value`)
    own[name] = [...(own[name] ?? []), value]
  }
  return { own, rest }
}

const [command = '', ...given] = process.argv.slice(2)
await runCommand(async () => {
  const run = readCommand(command, given)
  await runCommand(async () => {
    process.exitCode = await run()
  })
  if (process.exitCode !== 0 && remote.includes(command) && !hasCredentials()) console.error(advice)
})

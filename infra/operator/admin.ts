import { parseArgs } from 'node:util'
import { roles } from '../../functions/model/scopes.ts'
import { type AdminCommandName, adminCommands } from '../../functions/operator/admin-commands.ts'
import { runCommand } from '../command.ts'
import { Failure } from '../failure.ts'
import { reindex } from '../reindex/reindex.ts'
import { toldOf } from '../reindex/reindex-all.ts'
import { type Stage, stageNames, stageOf } from '../stages.ts'
import { invokeOperator, waitUntilSettled } from './operator.ts'
import { readPassword } from './password.ts'

type CommandName = AdminCommandName | 'reindex'

const summaries: Readonly<Record<CommandName, string>> = {
  'create-admin': 'creates an admin, unless the username is taken',
  'set-role': `changes the role (${roles.join(', ')}) and ends the user's sessions and API keys`,
  'set-password': "changes the password and ends the user's sessions and API keys",
  'disable-user': "ends the user's sessions and API keys; the user can no longer sign in",
  'enable-user': 'lets a disabled user sign in again',
  'end-sessions': "ends the user's sessions and API keys",
  'reset-factors': "removes the user's second factors and ends the user's sessions and API keys",
  'list-keys': 'lists the ids of the keys, and which are current',
  'rotate-keys': 'makes new keys; the old ones verify until their tokens have expired',
  'withdraw-key': 'in an emergency: within a minute, everything that the key signed is refused',
  reindex: 're-indexes the stored items after the declaration has changed',
}

const help = `The operator's commands, for a running \`npm start\` or a deployed stack.

  npm run admin -- <command> [arguments] [--stage ${stageNames.join('|')}]

${commandNames().map(line).join('\n')}

  --stage <name>   local (the default) is the \`npm start\` that is running here; the others are on
                   AWS, reached through the AWS CLI with its profile, region and credentials
  --check          of reindex: only says what it would do, and which unique values several items have
  --rate <n>       of reindex: the most items a second
  ADMIN_PASSWORD   the password for create-admin and set-password; without it, the command
                   asks for it or reads it from the standard input
`

function commandNames(): CommandName[] {
  return Object.keys(summaries) as CommandName[]
}

function line(name: CommandName): string {
  const usage = [name, ...argumentsOf(name).map((argument) => `<${argument}>`)].join(' ')
  return `  ${usage.padEnd(30)} ${summaries[name]}`
}

/** What a command takes on the command line. */
function argumentsOf(name: CommandName): string[] {
  if (name === 'reindex') return ['resource']
  return Object.keys(adminCommands[name].shape).filter((member) => member !== 'password')
}

async function runReindex(
  [resource, ...more]: readonly string[],
  stage: Stage,
  { check = false, rate }: { check?: boolean | undefined; rate?: string | undefined },
): Promise<void> {
  if (resource === undefined || more.length > 0 || (rate !== undefined && !(Number(rate) > 0)))
    throw new Failure(
      'usage: npm run admin -- reindex <resource> [--check] [--rate <items a second>]',
    )
  const onProgress = (done: number) => process.stderr.write(`\r${done} items`)
  const invoke = (command: object) => invokeOperator(stage, command)
  if (!check) await waitUntilSettled(stage, (text) => process.stderr.write(`${text}\n`))
  const done = await reindex(invoke, resource, {
    ...{ check, onProgress },
    ...(rate !== undefined && { rate: Number(rate) }),
  })
  process.stderr.write('\r')
  process.stdout.write(`${toldOf(resource, done, check)}\n`)
  // Some lists still answer 503; the exit status tells scripts.
  if (!check && (done.left > 0 || done.duplicates.length > 0)) process.exitCode = 1
}

/** The id of a key is a thumbprint (RFC 7638), one in 64 of which begins with a hyphen. */
function isKeyId(argument: string): boolean {
  return /^-[\w-]{42}$/.test(argument)
}

async function main(): Promise<void> {
  const given = process.argv.slice(2)
  const { values, positionals } = parseArgs({
    // What stands after `--` is no option, whoever has put it there.
    args: given.includes('--')
      ? given
      : [...given.filter((one) => !isKeyId(one)), '--', ...given.filter(isKeyId)],
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'local' },
      help: { type: 'boolean' },
      check: { type: 'boolean' },
      rate: { type: 'string' },
    },
  })
  const [wanted, ...rest] = positionals
  if (values.help || wanted === undefined) {
    process.stdout.write(help)
    return
  }
  const stage = stageOf(values.stage)
  const name = commandNames().find((known) => known === wanted)
  if (!name) throw new Failure(`unknown command ${wanted}: use one of ${commandNames().join(', ')}`)
  if (name === 'reindex') return runReindex(rest, stage, values)
  const names = argumentsOf(name)
  if (rest.length !== names.length) throw new Failure(`usage:\n${line(name)}`)
  const event = {
    command: name,
    ...Object.fromEntries(names.map((argument, index) => [argument, rest[index]])),
    ...('password' in adminCommands[name].shape && { password: await readPassword() }),
  }
  const result = await invokeOperator(stage, event)
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

await runCommand(main)

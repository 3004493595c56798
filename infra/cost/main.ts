import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { App } from 'aws-cdk-lib'
import cdk from '../../cdk.json' with { type: 'json' }
import { apiStack } from '../api-stack.ts'
import { bundle, functionNames } from '../bundle.ts'
import { runCommand } from '../command.ts'
import { Failure } from '../failure.ts'
import { readAssembly } from '../local/assembly.ts'
import { type Stage, stageOf } from '../stages.ts'
import measured from './measured.json' with { type: 'json' }
import { type Question, report } from './report.ts'
import { standing } from './standing.ts'
import type { Standing } from './usage.ts'

const options = {
  users: ['100000', 'monthly active users'],
  requests: ['50000000', 'requests to resources, a month'],
  reads: ['0.8', 'the share of these requests that read'],
  lists: ['0.25', 'the share of the reads that are lists'],
  logins: ['4', 'logins of each user, a month'],
  refreshes: ['40', 'refreshes of each user, a month'],
  signups: ['0.1', 'new users a month, for each user'],
  items: ['10', 'items stored for each user'],
} as const

const help = `Estimates what a deployed stack costs in a month, and what Amazon Cognito costs for the same users.

  npm run cost -- [options]

${Object.entries(options).map(line).join('\n')}
  --stage <name>   the stage to estimate (prod)
`

function line([name, [byDefault, meaning]]: [string, readonly [string, string]]): string {
  return `  ${`--${name} <n>`.padEnd(17)}${meaning} (${byDefault})`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, [byDefault]]) => [
          name,
          { type: 'string', default: byDefault } as const,
        ]),
      ),
      stage: { type: 'string', default: 'prod' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const numbers = Object.keys(options).map((name) => [name, numberOf(name, values)])
  const question = Object.fromEntries(numbers) as Question
  const stack = await standingOf(stageOf(String(values.stage)))
  process.stdout.write(report(question, measured, stack))
}

/** @throws Failure for what is not a number, or not a share */
function numberOf(name: string, values: Readonly<Record<string, unknown>>): number {
  const value = Number(values[name])
  const most = ['reads', 'lists'].includes(name) ? 1 : Number.POSITIVE_INFINITY
  if (values[name] === '' || !(value >= 0 && value <= most))
    throw new Failure(
      `--${name} ${values[name]} is not ${most === 1 ? 'a share between 0 and 1' : 'a number'}`,
    )
  return value
}

/** The fixed parts of the stack, read from its template. */
async function standingOf(stage: Stage): Promise<Standing> {
  process.env.CDK_VALIDATION = 'false'
  const outdir = mkdtempSync(join(tmpdir(), 'portcullis-cost-'))
  try {
    await bundle()
    const app = new App({ outdir, context: cdk.context })
    apiStack(app, stage, await functionNames())
    app.synth()
    return standing(readAssembly(outdir).template, stage)
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

await runCommand(main)

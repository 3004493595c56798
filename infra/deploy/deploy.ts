import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { readAssembly } from '../local/assembly.ts'
import { type Accepted, changeLines, optionsToGoOn, stopping } from '../plan/change.ts'
import { type Indexes, indexesContext } from '../plan/index-steps.ts'
import { recordEmpty, reindexStatus } from '../reindex/reindex.ts'
import { type Stage, stackName } from '../stages.ts'
import { profileOption, type Tools } from './commands.ts'
import { deployedTemplate } from './deployed-stack.ts'
import { firstPlan, heldBack, isStill, type Plan, planOf } from './plan.ts'
import { shellWords } from './shell.ts'
import { isClear, untilFilled } from './table-indexes.ts'

export interface Request {
  readonly stage: Stage
  readonly accepted: Accepted
  /** Where the stack is synthesized. */
  readonly output: string
  /** Context of the CDK, which each synthesis gets. */
  readonly context: readonly string[]
  /** Other options of the CDK. */
  readonly passed: readonly string[]
}

/** Says what a deployment means for what is stored, then what it changes in the template. */
export async function diffPlanned(request: Request, tools: Tools): Promise<number> {
  const planned = await plan(request, tools)
  if (typeof planned === 'number') return planned
  return tools.cdk(['diff', ...request.passed, '--app', request.output])
}

/** Deploys in as many steps as it takes, unless something stops it. */
export async function deployPlanned(request: Request, tools: Tools): Promise<number> {
  const planned = await plan(request, tools)
  if (typeof planned === 'number') return planned
  const { stage, accepted, passed } = request
  const { steps, changing } = planned
  const stops = stopping(planned.changes, accepted)
  if (stops.length > 0) {
    const options = optionsToGoOn(planned.changes)
    const remedy = options ? ` To go on: ${commandOf(request, tools)} ${options.join(' ')}` : ''
    tools.say(`Nothing was deployed.${remedy}`)
    return 1
  }
  const isPrepared = onlyPrepares.test(passed.join(' '))
  if (steps.length > 1 && isPrepared)
    throw new Failure(
      'Several deployments are needed, one after another: leave out what only prepares one.',
    )
  if (!(await isClear(changing, tools))) {
    tools.say('Nothing was deployed: an index to be created already exists.')
    return 1
  }
  const status = await deploySteps(request, planned, tools)
  if (status !== 0 || isPrepared) return status
  // Whoever re-indexes next needs the last one too.
  await untilFilled(changing, tools)
  await completeNewTables(stage, planned, tools)
  return 0
}

/** The command that was given, but for what it accepts. */
function commandOf({ stage, context }: Request, { profile }: Tools): string {
  const options = ['--stage', stage.name, ...profileOption(profile), ...contextOptions(context)]
  return `npm run deploy -- ${shellWords(options)}`
}

async function deploySteps(request: Request, planned: Plan, tools: Tools): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-steps-'))
  try {
    const assemblies = await synthesizeSteps(request, planned.steps, directory, tools)
    if (typeof assemblies === 'number') return assemblies
    return await deployAssemblies(request, planned, assemblies, tools)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Synthesizes all of several deployments before the first: while one waits for an index, what they
 * are made from may change, and so may what is in the output.
 * @returns the directory of each, or a status where a synthesis failed
 */
async function synthesizeSteps(
  request: Request,
  steps: readonly Indexes[],
  directory: string,
  { cdk }: Tools,
): Promise<readonly string[] | number> {
  const last = steps.at(-1) ?? {}
  if (steps.length === 1) return [request.output]
  const assemblies: string[] = []
  for (const step of steps) {
    const output = join(directory, String(assemblies.length + 1))
    const held = `${indexesContext}=${JSON.stringify(heldBack(step, last))}`
    const status = await cdk(synthesis(request, output, step === last ? [] : [held]))
    if (status !== 0) return status
    assemblies.push(output)
  }
  return assemblies
}

async function deployAssemblies(
  { stage, passed }: Request,
  { bases, texts, changing }: Plan,
  assemblies: readonly string[],
  tools: Tools,
): Promise<number> {
  const stack = stackName(stage)
  for (const [at, assembly] of assemblies.entries()) {
    await untilFilled(changing, tools)
    // It may have taken hours.
    if (!isStill(bases[at], await deployedTemplate(tools.aws, stack))) {
      tools.say(
        `Somebody else has deployed ${stack} meanwhile, and the plan may be another now: run the command again. Nothing ${at === 0 ? '' : 'more '}was deployed.`,
      )
      return 1
    }
    if (assemblies.length > 1)
      tools.say(`Deployment ${at + 1} of ${assemblies.length}: ${texts[at]}`)
    const status = await tools.cdk(['deploy', ...passed, '--app', assembly])
    if (status !== 0) return status
  }
  return 0
}

/** The options by which the CDK makes a change set and does not execute it. */
const onlyPrepares = /--(no-execute|execute[= ]false)|(--method|-m)[= ]?prepare-change-set/

/** The CDK's command that synthesizes: of several entries of a name in its context, the last counts. */
function synthesis(
  { stage, context }: Request,
  output: string,
  more: readonly string[] = [],
): readonly string[] {
  const entries = [...context, `stage=${stage.name}`, ...more]
  return ['synth', '--quiet', '--output', output, ...contextOptions(entries)]
}

function contextOptions(entries: readonly string[]): readonly string[] {
  return entries.flatMap((entry) => ['--context', entry])
}

/**
 * Synthesizes the stack, compares it and tells what is found. What is deployed is read first:
 * whoever has no credentials need not wait for the rest.
 * @returns a status where the synthesis failed
 */
async function plan(request: Request, { aws, cdk, say }: Tools): Promise<Plan | number> {
  const { stage, output, accepted } = request
  const stack = stackName(stage)
  const deployed = await deployedTemplate(aws, stack)
  const status = await cdk(synthesis(request, output))
  if (status !== 0) return status
  const { template } = readAssembly(output, stack)
  if (!deployed) {
    say(`${stack} is not deployed yet: all of it is new.`)
    return firstPlan(template)
  }
  const planned = await planOf(aws, stack, deployed, template)
  const { changes, texts } = planned
  say(
    changes.length > 0
      ? `Effects on what is stored in ${stack}:`
      : `What is stored in ${stack} is not affected.`,
  )
  for (const line of changeLines(changes, accepted)) say(line)
  if (texts.length > 1) {
    say(`${texts.length} deployments, because each can create or remove only one index of a table:`)
    for (const [at, text] of texts.entries()) say(`  ${at + 1}. ${text}`)
  }
  return planned
}

/**
 * Tables that were made just now have no older items: they are complete, which is written into
 * them. For the others it says what is left to do: by their own records, or by the plan where they
 * cannot be asked.
 */
async function completeNewTables(
  stage: Stage,
  planned: Plan,
  { invoke, say, profile }: Tools,
): Promise<void> {
  const { changes, kept, made } = planned
  const operator = (command: object) => invoke(stage, command)
  const ask = async () => {
    for (const resource of made) await recordEmpty(operator, resource)
    const all = await reindexStatus(operator)
    return all.filter(({ complete }) => !complete).map(({ resource }) => resource)
  }
  const expected = changes.filter(({ verdict }) => verdict === 'reindex')
  const incomplete = await ask().catch(() => expected.map(({ resource }) => resource))
  const pending = new Set(incomplete.filter((resource) => kept.includes(resource)))
  if (pending.size === 0) return
  say(
    'Re-index these resources; until then, lists that need the new indexes or fields answer 503 index_building:',
  )
  const environment = profile === undefined ? '' : `AWS_PROFILE=${shellWords([profile])} `
  for (const resource of pending)
    say(`  ${environment}npm run admin -- reindex ${resource} --stage ${stage.name}`)
}

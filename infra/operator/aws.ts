import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { adminFunctionOutput } from '../outputs.ts'
import type { StackState } from './settled.ts'

/**
 * Invokes the operator's function of a deployed stack with the AWS CLI, whose profile, region and
 * credentials it uses. The event goes through a file that only its owner can read: it may hold a
 * password, and arguments are seen by every user of the machine.
 * @param options of the CLI, such as a profile that is preferred to what the environment says
 * @throws Failure when the CLI is missing or refuses, or when the function fails
 */
export function invokeOnAws(
  stackName: string,
  event: object,
  options: readonly string[] = [],
): unknown {
  const name = functionOf(stackName, options)
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-admin-'))
  try {
    const [sent, received] = [join(directory, 'event.json'), join(directory, 'answer.json')]
    writeFileSync(sent, JSON.stringify(event), { mode: 0o600 })
    const invoked = ['lambda', 'invoke', '--function-name', name, '--payload', `fileb://${sent}`]
    const { FunctionError } = JSON.parse(
      aws([...invoked, '--output', 'json', received, ...options]),
    )
    const answer = JSON.parse(readFileSync(received, 'utf8'))
    if (FunctionError) throw new Failure(answer.errorMessage ?? FunctionError)
    return answer
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** What CloudFormation tells of a stack, and when it did something last. */
export function stackState(stackName: string): StackState {
  const of = ['--stack-name', stackName, '--output', 'text']
  const status = ['describe-stacks', ...of, '--query', 'Stacks[0].StackStatus']
  const event = ['describe-stack-events', ...of, '--query', 'StackEvents[0].Timestamp']
  return {
    status: aws(['cloudformation', ...status]).trim(),
    // Of several pages the first has the newest event.
    lastEventAt: aws(['cloudformation', ...event, '--no-paginate']).trim(),
  }
}

const functions = new Map<string, string>()

/** The name of a stack's function, asked for once. */
function functionOf(stackName: string, options: readonly string[]): string {
  const known = functions.get(stackName)
  if (known) return known
  const query = `Stacks[0].Outputs[?OutputKey=='${adminFunctionOutput}'].OutputValue | [0]`
  const described = ['cloudformation', 'describe-stacks', '--stack-name', stackName]
  const name = aws([...described, '--query', query, '--output', 'text', ...options]).trim()
  if (!name || name === 'None')
    throw new Failure(`${stackName} has no output ${adminFunctionOutput}`)
  functions.set(stackName, name)
  return name
}

/** Runs the AWS CLI. @throws Failure when it is missing, and with what it complains of */
export function aws(parameters: readonly string[]): string {
  // A template has up to a megabyte, and is written with indentation.
  const limits = { maxBuffer: 64 * 1024 * 1024 }
  // Version 1 of the CLI reads only `AWS_DEFAULT_REGION`.
  const env = { AWS_DEFAULT_REGION: process.env.AWS_REGION, ...process.env }
  const options = { encoding: 'utf8', env, ...limits } as const
  const { error, status, stdout, stderr } = spawnSync('aws', parameters, options)
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    throw new Failure(
      'a deployed stage needs the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
    )
  if (error) throw error
  if (status !== 0) throw new Failure(`aws ${parameters.slice(0, 2).join(' ')}: ${stderr.trim()}`)
  return stdout
}

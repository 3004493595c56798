import { spawn } from 'node:child_process'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { compiled } from './compiled.ts'

/** Runs a program of the project and answers what it writes to standard output. */
export async function runProgram(
  root: string,
  parameters: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const cache = { NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, parameters, {
    cwd: root,
    env: { ...process.env, ...cache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [answer, complaint] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    answer += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-20_000)
  })
  const end = () => child.kill()
  process.once('exit', end)
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  process.off('exit', end)
  if (status !== 0) throw new Failure(`The build failed: ${explain(complaint || answer, root)}`)
  return answer
}

/**
 * What a developer wants to read of a program that failed: the faults that the bundler found, or
 * the error and, unless somebody threw it on purpose, its place.
 */
function explain(output: string, root: string): string {
  const faults = output.match(/^\S+:\d+:\d+: ERROR: .*$/gm)
  if (faults) return faults.join('\n')
  const lines = output.split('\n')
  const start = lines.findIndex((line) => /^\w*(Error|Failure)( \[\w+\])?: /.test(line))
  if (start < 0) return output
  const end = lines.findIndex((line, index) => index > start && /^(\s+at .*|)$/.test(line))
  const error = lines
    .slice(start, end < 0 ? undefined : end)
    .join('\n')
    .replace(/^.*?: /, '')
  const [, url, number, source = ''] = /^(file:\S+?):(\d+)\n(.*)$/m.exec(output) ?? []
  if (url === undefined || source.includes('throw ')) return error
  return `${relative(root, fileURLToPath(url))}:${number}: ${error}`
}

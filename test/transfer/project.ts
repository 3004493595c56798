import { spawn } from 'node:child_process'
import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { openOperatorDoor } from '../../infra/local/operator.ts'
import type { Api } from '../api/harness.ts'
import { scratch } from '../assembly.ts'

const project = join(scratch, 'project')
let stopOperator = async () => {}

/** A copy of the project to run its commands in; call it before the tests start what they serve. */
export function useProject(): void {
  beforeAll(() => {
    for (const part of ['functions', 'infra', 'package.json'])
      cpSync(join(root, part), join(project, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
    process.chdir(project)
  })
  afterAll(async () => {
    process.chdir(root)
    await stopOperator()
  })
}

/** Runs `npm run export` or `import` beside an `npm start` that serves this API. */
export function run(api: Api, command: 'export' | 'import', ...given: string[]) {
  return runProgram(api, command, ['--import', join(root, 'test/fixtures/register.ts')], given)
}

/** The same in a checkout whose declarations are not those that are served. */
export function runElsewhere(api: Api, command: 'export' | 'import', ...given: string[]) {
  return runProgram(api, command, [], given)
}

async function runProgram(api: Api, command: string, imports: string[], given: string[]) {
  await stopOperator()
  const door = await openOperatorDoor(join(project, '.local'))
  door.serve(api.runner)
  stopOperator = door.close
  const program = join('infra', 'operator', `${command}.ts`)
  const child = spawn(process.execPath, [...imports, program, ...given], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, said }
}

export function write(name: string, lines: readonly (object | string)[]): string {
  const file = join(scratch, name)
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  writeFileSync(file, `${text.join('\n')}\n`)
  return file
}

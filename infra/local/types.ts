import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { say } from './terminal.ts'

interface TypeChecker {
  /** Checks the types, and says what is wrong with them; a check that is running begins anew. */
  check(): void
  /** Resolves when no check is running. */
  stop(): Promise<void>
}

/**
 * Node runs TypeScript without looking at types, so a fault that the compiler would name shows up
 * late. This checks them beside the running server, which it must not slow down.
 */
export function typeChecker(root: string): TypeChecker {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const possible = existsSync(compiler) && existsSync(join(root, 'tsconfig.json'))
  let running: ChildProcess | undefined
  let ended: Promise<void> = Promise.resolve()
  const stop = () => {
    // The compiler takes the place of its launcher, which leaves all other signals blocked.
    running?.kill('SIGKILL')
    return ended
  }
  return {
    stop,
    check() {
      stop()
      if (!possible) return
      running = startCheck(root, compiler)
      ended = new Promise((resolve) => running?.once('close', () => resolve()))
    },
  }
}

function startCheck(root: string, compiler: string): ChildProcess {
  const memory = join(root, 'node_modules', '.cache', 'types.tsbuildinfo')
  const parameters = [compiler, '--incremental', '--tsBuildInfoFile', memory, '--pretty', 'false']
  const child = spawn(process.execPath, parameters, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (child.pid !== undefined) setPriority(child.pid, 10)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output = `${output}${chunk}`.slice(0, 5_000)
  })
  child.on('close', (status) => {
    if (status !== 0 && output !== '') say(`The types do not fit (npm run typecheck):\n${output}`)
  })
  return child
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Reporter, TestModule, TestSpecification } from 'vitest/node'
import { slowness, workers } from './machine.ts'

const file = join(import.meta.dirname, 'durations.json')

/**
 * Seconds that each file of tests takes on a quiet machine; `RECORD=1 npx vitest run` measures them
 * anew.
 */
const durations: Record<string, number> = JSON.parse(readFileSync(file, 'utf8'))

/** How long a file takes that has not been measured. */
const usual = 4

/** Says at the start how long the run will take here, and now and then how far it has come. */
export function progress(): Reporter {
  let left: Map<string, number> = new Map()
  let total = 0
  let started = 0
  let told = 0
  return {
    onTestRunStart(specifications) {
      left = new Map(specifications.map((one) => [nameOf(one), secondsOf(nameOf(one))]))
      total = left.size
      started = told = performance.now()
      const about = clock(toGo(left))
      say(`${total} files of tests; about ${about} on this machine as it is now`)
    },
    onTestModuleEnd(module) {
      left.delete(nameOf(module))
      const now = performance.now()
      if (now - told < 10_000 || left.size === 0) return
      told = now
      // What has been seen of the run tells more than what was expected of it.
      const done = total - left.size
      const run = clock((now - started) / 1000)
      say(`${done} of ${total} files after ${run}; about ${clock(toGo(left))} to go`)
    },
    onTestRunEnd(modules) {
      if (process.env.RECORD === '1') record(modules)
    },
  }
}

function nameOf({ moduleId }: Pick<TestSpecification, 'moduleId'>): string {
  return relative(join(import.meta.dirname, '..'), moduleId)
}

/** How long a file takes on a quiet machine. */
export function secondsOf(name: string): number {
  return durations[name] ?? usual
}

/** Seconds; the longest file cannot be shared between the workers. */
function toGo(left: ReadonlyMap<string, number>): number {
  const all = [...left.values()]
  const sum = all.reduce((one, other) => one + other, 0)
  return Math.max(sum / workers, ...all, 0) * slowness()
}

function record(modules: readonly TestModule[]): void {
  for (const module of modules) {
    const { duration, collectDuration } = module.diagnostic()
    const seconds = (duration + collectDuration) / 1000 / slowness()
    durations[nameOf(module)] = Math.round(seconds * 10) / 10
  }
  const sorted = Object.entries(durations).sort(([one], [other]) => (one < other ? -1 : 1))
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}

function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function say(what: string): void {
  process.stdout.write(`\n  ⏱ ${what}\n`)
}

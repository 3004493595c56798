import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FunctionMeasure } from '../../infra/cost/usage.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import type { AwsCall } from '../../infra/local/aws/calls.ts'
import type { Log } from '../../infra/local/logs.ts'
import { readTemplate } from '../../infra/local/template.ts'

/** Marks the lines that instrumented functions write. */
const mark = 'processor time: '

/** Makes every function of an assembly log the processor time of each invocation. */
export function instrument(assembly: string): void {
  for (const { directory } of readTemplate(readAssembly(assembly)).functions) {
    renameSync(join(directory, 'index.mjs'), join(directory, 'measured.mjs'))
    writeFileSync(
      join(directory, 'index.mjs'),
      `import { handler as measured } from './measured.mjs'
      export async function handler(event, context) {
        const before = process.threadCpuUsage()
        try {
          return await measured(event, context)
        } finally {
          const { user, system } = process.threadCpuUsage(before)
          console.log('${mark}' + (user + system) / 1000 + ' ms')
        }
      }`,
    )
  }
}

export interface Meter {
  readonly log: Log
  reset(): void
  /** The functions that have logged since the reset. */
  functions(): string[]
  /** What one invocation took, on average over `times`. */
  of(name: string, calls: readonly AwsCall[], times: number): Omit<FunctionMeasure, 'hashes'>
  /** The bytes that one request logged, on average over `times`. */
  logBytes(source: string, times: number): number
}

/** Takes the log lines of instrumented functions. */
export function createMeter(): Meter {
  let lines: { source: string; line: string }[] = []
  const of = (name: string) => lines.filter(({ source }) => source === name)
  const logBytes = (source: string, times: number) => {
    const own = of(source).filter(({ line }) => !line.includes(mark))
    return Math.round(own.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0) / times)
  }
  return {
    logBytes,
    log(line, source) {
      lines.push({ source, line })
    },
    reset() {
      lines = []
    },
    functions: () =>
      [...new Set(lines.map(({ source }) => source))].filter((source) => source !== 'access'),
    of(name, calls, times) {
      const own = calls.filter((call) => call.function === name)
      const units = (counted: readonly AwsCall[]) =>
        rounded(counted.reduce((sum, { capacityUnits }) => sum + capacityUnits, 0) / times)
      return {
        cpuMs: median(of(name).flatMap(({ line }) => processorTime(line))),
        calls: rounded(own.length / times),
        readUnits: units(own.filter(isRead)),
        writeUnits: units(own.filter((call) => !isRead(call))),
        logBytes: logBytes(name, times),
      }
    },
  }
}

function isRead({ operation }: AwsCall): boolean {
  return /^(Get|Query)/.test(operation)
}

function processorTime(line: string): number[] {
  const [, milliseconds] = line.split(mark)
  return milliseconds === undefined ? [] : [Number.parseFloat(milliseconds)]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return rounded(sorted[Math.floor(sorted.length / 2)] ?? 0)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

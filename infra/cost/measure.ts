import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashPassword } from '../../functions/auth/passwords/passwords.ts'
import { variables } from '../../functions/config/environment.ts'
import { root } from '../bundle.ts'
import { buildAssembly } from '../local/build.ts'
import { required } from '../local/failure.ts'
import { type Runner, startRunner } from '../local/runner.ts'
import { createMeter, instrument, median } from './meter.ts'
import { senders } from './requests.ts'
import { storedBytes } from './stored-bytes.ts'
import { type Measured, type Request, type RequestMeasure, requestNames } from './usage.ts'

/**
 * `npm run cost:measure`, after a change of what requests do: what one of each kind takes on the
 * local runner, written to measured.json. Capacity is what DynamoDB tells; the computing is that of
 * this machine, as its system counts it.
 */
const warmUps = 20
const times = 100
const meter = createMeter()

const directory = mkdtempSync(join(tmpdir(), 'portcullis-cost-'))
try {
  const assembly = join(directory, 'cdk.out')
  await buildAssembly(root, assembly)
  instrument(assembly)
  const runner = await startRunner({
    assembly,
    parameters: (origin) => ({ PublicUrl: origin }),
    log: meter.log,
    concurrency: 1,
  })
  try {
    const about = {
      on: new Date().toISOString().slice(0, 10),
      machine: `${cpus()[0]?.model.trim()}, Node ${process.versions.node}`,
    }
    const text = JSON.stringify({ ...about, ...(await measure(runner)) }, null, 2)
    writeFileSync(join(import.meta.dirname, 'measured.json'), `${text}\n`)
    process.stdout.write(`${text}\n`)
  } finally {
    await runner.stop()
  }
} finally {
  rmSync(directory, { recursive: true })
}

async function measure(runner: Runner): Promise<Measured> {
  const send = await senders(runner)
  const hashMs = await hashTime()
  const sizeOf = (table: string) => {
    const found = runner.model.tables.find(({ id }) => id.startsWith(`Tables${table}`))
    return storedBytes(runner, required(found, `the table ${table}`))
  }
  const requests = new Map<string, RequestMeasure>()
  const grown: Record<string, number> = {}
  for (const name of requestNames) {
    const before = await Promise.all(grownBy(name).map(sizeOf))
    requests.set(name, await measureRequest(runner, name, send[name], hashMs))
    const after = await Promise.all(grownBy(name).map(sizeOf))
    const bytes = after.map((size, index) => size - (before[index] ?? 0))
    grown[name] = bytes.reduce((sum, size) => sum + size, 0) / (warmUps + times)
  }
  return {
    requests: Object.fromEntries(requests) as Measured['requests'],
    hashMs,
    // With one session.
    userBytes: Math.round((grown.signup ?? 0) + (grown.login ?? 0)),
    itemBytes: Math.round(grown.create ?? 0),
  }
}

function grownBy(name: Request): string[] {
  if (name === 'signup') return ['users', 'credentials']
  if (name === 'login') return ['sessions']
  return name === 'create' ? ['students'] : []
}

async function measureRequest(
  runner: Runner,
  name: Request,
  send: () => Promise<number>,
  hashMs: number,
): Promise<RequestMeasure> {
  for (let count = 0; count < warmUps; count++) await send()
  meter.reset()
  runner.calls.reset()
  let bytes = 0
  for (let count = 0; count < times; count++) bytes += await send()
  const calls = runner.calls()
  const functions = meter.functions().map((source) => {
    const hashes = source === name && ['signup', 'login'].includes(source) ? 1 : 0
    const measured = meter.of(source, calls, times)
    const cpuMs = Math.max(0, Math.round((measured.cpuMs - hashes * hashMs) * 100) / 100)
    return [source, { ...measured, cpuMs, hashes }]
  })
  return {
    functions: Object.fromEntries(functions),
    accessLogBytes: meter.logBytes('access', times),
    responseBytes: Math.round(bytes / times),
  }
}

async function hashTime(): Promise<number> {
  process.env[variables.bcryptCost] = '10'
  const measured: number[] = []
  for (let count = 0; count < warmUps; count++) {
    const before = process.threadCpuUsage()
    await hashPassword('correct horse battery')
    const { user, system } = process.threadCpuUsage(before)
    measured.push((user + system) / 1000)
  }
  return median(measured)
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashPassword } from '../../functions/auth/passwords/passwords.ts'
import { variables } from '../../functions/config/environment.ts'
import { root } from '../../infra/bundle.ts'
import type { Measured, Request, RequestMeasure } from '../../infra/cost/usage.ts'
import { type Runner, startRunner } from '../../infra/local/runner.ts'
import { synthesizeWithFixtures } from '../build.ts'
import { pupils } from '../fixtures/resources/pupils.ts'
import { createMeter, instrument, median } from './meter.ts'
import { senders } from './requests.ts'
import { storedBytes } from './stored-bytes.ts'

/**
 * `npm run cost:measure`, to be run when requests do something else than before: measures one
 * request of each kind on the local runner and writes infra/cost/measured.json. Capacity units are
 * those that DynamoDB reports; CPU times are those of this machine.
 */
const warmUps = 20
const times = 100
const meter = createMeter()

const directory = mkdtempSync(join(tmpdir(), 'portcullis-cost-'))
try {
  const { assembly } = synthesizeWithFixtures(directory, 'local')
  instrument(assembly)
  const runner = await startRunner({
    assembly,
    parameters: (origin) => ({ PublicUrl: origin }),
    log: meter.log,
    concurrency: 1,
  })
  try {
    const text = JSON.stringify(await measure(runner), null, 2)
    writeFileSync(join(root, 'infra', 'cost', 'measured.json'), `${text}\n`)
    process.stdout.write(`${text}\n`)
  } finally {
    await runner.stop()
  }
} finally {
  rmSync(directory, { recursive: true })
}

async function measure(runner: Runner): Promise<Measured> {
  const sending = Object.entries(await senders(runner)) as [Request, () => Promise<number>][]
  const hashMs = await hashTime()
  const requests: Partial<Record<Request, RequestMeasure>> = {}
  const stored: Partial<Record<Request, number>> = {}
  for (const [request, send] of sending) {
    requests[request] = await measureRequest(runner, request, send, hashMs)
    const bytes = runner.calls().map((call) => storedBytes(call, runner.model.tables))
    stored[request] = bytes.reduce((sum, size) => sum + size, 0) / times
  }
  return {
    on: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model.trim()}, Node ${process.versions.node}`,
    resource: { unique: pupils.unique.length, indexes: pupils.indexes.length },
    requests: requests as Measured['requests'],
    hashMs,
    // With one session.
    userBytes: Math.round((stored.signup ?? 0) + (stored.login ?? 0)),
    itemBytes: Math.round(stored.create ?? 0),
  }
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
    const called = source === pupils.name ? 'resource' : source
    return [called, { ...measured, cpuMs, hashes }]
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

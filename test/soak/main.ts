import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { root } from '../../infra/bundle.ts'
import { synthesizeWithFixtures } from '../build.ts'
import { plot, type Report } from './plot.ts'
import type { Sample } from './sample.ts'
import { type Shot, summarize } from './summary.ts'
import { type Kind, traffic } from './traffic.ts'

const help = `Sends mixed traffic to the stack, which runs in another process, at a steady rate.

  npm run soak -- [--seconds 600] [--rate 200] [--warm-up 300] [--out docs/soak]
  npm run soak -- --plot           draws <out>.svg again from <out>.json

  Measures after the warm-up, in which every instance fills the young generation of its heap. Writes the
  numbers to <out>.json and the picture to <out>.svg. Fails if there was a 5xx or an unexpected answer,
  or if memory grew by a tenth.
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '200' },
    'warm-up': { type: 'string', default: '300' },
    out: { type: 'string', default: join(root, 'docs', 'soak') },
    plot: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit()
}
if (values.plot) {
  await draw(JSON.parse(readFileSync(`${values.out}.json`, 'utf8')))
  process.exit()
}
const [seconds, rate, warmUp] = [values.seconds, values.rate, values['warm-up']].map(Number) as [
  number,
  number,
  number,
]
const directory = mkdtempSync(join(tmpdir(), 'portcullis-soak-'))
const samples: Sample[] = []
try {
  const { assembly } = synthesizeWithFixtures(directory, 'local')
  const { child, origin } = await serve(assembly)
  try {
    const kinds = await traffic(origin)
    await shoot(kinds, warmUp)
    samples.length = 0
    await write(await shoot(kinds, seconds))
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.disconnect()
    await ended
  }
} finally {
  rmSync(directory, { recursive: true })
}

async function serve(assembly: string): Promise<{ child: ChildProcess; origin: string }> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [assembly])
  const origin = await new Promise<string>((resolve, reject) => {
    child.on('message', (message: Sample | { origin: string }) => {
      if ('origin' in message) resolve(message.origin)
      else samples.push(message)
    })
    child.once('exit', (status) => reject(new Error(`The server ended with ${status}`)))
  })
  return { child, origin }
}

/** Sends each request when it is due, and does not wait for those before it. */
async function shoot(kinds: readonly Kind[], lasting: number): Promise<Shot[]> {
  const shots: Shot[] = []
  const flying = new Set<Promise<void>>()
  const started = performance.now()
  for (let index = 0; index < lasting * rate; index++) {
    const dueMs = (index / rate) * 1000
    const wait = dueMs - (performance.now() - started)
    if (wait > 1) await delay(wait)
    const flight = send(choose(kinds), dueMs).then((shot) => {
      shots.push(shot)
      flying.delete(flight)
    })
    flying.add(flight)
  }
  await Promise.all(flying)
  return shots

  async function send({ name, send, expected }: Kind, dueMs: number): Promise<Shot> {
    const status = await send().catch((error: Error) => {
      process.stderr.write(`${name}: ${error.message}\n`)
      return 0
    })
    const tookMs = performance.now() - started - dueMs
    return { kind: name, dueMs, tookMs, status, expected: expected.includes(status) }
  }
}

function choose(kinds: readonly Kind[]): Kind {
  let left = Math.random() * kinds.reduce((sum, { share }) => sum + share, 0)
  const chosen = kinds.find(({ share }) => {
    left -= share
    return left <= 0
  })
  return chosen ?? (kinds[0] as Kind)
}

async function write(shots: readonly Shot[]): Promise<void> {
  const summary = summarize(shots, samples)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`
  const on = new Date().toISOString().slice(0, 10)
  const report = { on, machine, rate, ...summary }
  const text = JSON.stringify(report, null, 2)
  writeFileSync(`${values.out}.json`, `${text}\n`)
  await draw(report)
  process.stdout.write(`${text}\n`)
  const { serverErrors, unexpected, memoryMb } = summary
  const flat = memoryMb.late <= memoryMb.early * 1.1
  if (serverErrors > 0 || unexpected > 0 || !flat) process.exitCode = 1
}

async function draw(report: Report): Promise<void> {
  writeFileSync(`${values.out}.svg`, await plot(report))
}

import { parseArgs } from 'node:util'
import type { Imported } from '../../functions/operator/import-batch.ts'
import { formatVersion, transferOrder } from '../../functions/operator/records.ts'
import { Failure } from '../local/failure.ts'
import { type Stage, stageNames, stageOf } from '../stages.ts'
import { linesOf } from './lines.ts'
import { invokeOperator } from './operator.ts'

const help = `Writes the items of an export that do not exist yet.

  npm run import -- <file> [--stage ${stageNames.join('|')}]

  An item that already exists, by its id or key, stays as it is, so repeating an import changes
  nothing. A line that does not fit is reported with its faults and is not written. docs/export.md
  describes the format, also for users of other systems.
`

/** What goes to the function at once, which takes 6 MB. */
const most = { records: 100, bytes: 1024 * 1024 }

interface Batch {
  readonly resource: string
  readonly lines: { readonly number: number; readonly record: object }[]
  bytes: number
}

const counts = { created: 0, kept: 0, refused: 0 }

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stage: { type: 'string', default: 'local' }, help: { type: 'boolean' } },
  })
  if (values.help) return void process.stdout.write(help)
  const [path, ...others] = positionals
  if (!path || others.length > 0) throw new Failure('usage: npm run import -- <file>')
  const stage = stageOf(values.stage)
  for await (const batch of batches(path)) await send(stage, batch)
  const { created, kept, refused } = counts
  process.stderr.write(`${created} created, ${kept} kept, ${refused} refused\n`)
  if (refused > 0) process.exitCode = 1
}

/** Runs of lines of one resource, in the order of the file. */
async function* batches(path: string): AsyncGenerator<Batch> {
  let number = 0
  let batch: Batch | undefined
  for await (const text of linesOf(path)) {
    number += 1
    if (number === 1) {
      checkHeader(text)
      continue
    }
    if (text === undefined) {
      refuse(number, ['is not UTF-8'])
      continue
    }
    if (text.trim() === '') continue
    const parsed = parse(text)
    if (typeof parsed === 'string') {
      refuse(number, [parsed])
      continue
    }
    const { resource, ...record } = parsed
    const full = batch && (batch.lines.length >= most.records || batch.bytes >= most.bytes)
    if (batch && (full || batch.resource !== resource)) {
      yield batch
      batch = undefined
    }
    batch ??= { resource, lines: [], bytes: 0 }
    batch.lines.push({ number, record })
    batch.bytes += text.length
  }
  if (number === 0) throw new Failure(`${path} is empty`)
  if (batch) yield batch
}

/** @throws Failure for a file that is no export of this version */
function checkHeader(text: string | undefined): void {
  if (text === undefined) throw new Failure('line 1: is not UTF-8')
  if (text.startsWith('\ufeff'))
    throw new Failure('line 1: begins with a byte order mark: save the file as UTF-8 without one')
  const header = parseJson(text) as { format?: unknown; version?: unknown } | undefined
  if (header?.format !== 'portcullis')
    throw new Failure('line 1: is not the header of an export, which docs/export.md describes')
  if (header.version !== formatVersion)
    throw new Failure(`line 1: version ${header.version} is not ${formatVersion}`)
}

/** The record, or why it is none. */
function parse(text: string): { resource: string } | string {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'is not a JSON object'
  const { resource } = value as { resource?: unknown }
  if (typeof resource !== 'string' || !transferOrder.includes(resource))
    return `/resource must be one of ${transferOrder.join(', ')}`
  return value as { resource: string }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function send(stage: Stage, { resource, lines }: Batch): Promise<void> {
  const records = lines.map(({ record }) => record)
  const command = { command: 'import-batch', resource, records }
  const { outcomes } = (await invokeOperator(stage, command)) as { outcomes: Imported[] }
  for (const [index, { number }] of lines.entries()) {
    const outcome = outcomes[index]
    if (typeof outcome === 'string') counts[outcome] += 1
    else
      refuse(
        number,
        (outcome?.faults ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`),
      )
  }
}

function refuse(number: number, why: readonly string[]): void {
  counts.refused += 1
  process.stderr.write(`line ${number}: ${why.join('; ')}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

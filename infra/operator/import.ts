import { parseArgs } from 'node:util'
import { formatVersion } from '../../functions/operator/records.ts'
import { runCommand } from '../command.ts'
import { Failure } from '../failure.ts'
import { reindexStatus } from '../reindex/reindex.ts'
import { type Stage, stageNames, stageOf } from '../stages.ts'
import { importForeign } from './from/import-foreign.ts'
import { systems } from './from/systems.ts'
import { linesOf } from './lines.ts'
import { invokeOperator } from './operator.ts'
import { finish, finishEarly, most, refuse, type Sent, send } from './sending.ts'

const help = `Writes the items of an export that do not exist yet.

  npm run import -- <file> [--as-is] [--stage ${stageNames.join('|')}]
  npm run import -- --from ${Object.keys(systems).join('|')} <file> [--without-factors] [--stage …]

  --as-is   imports what export --as-is wrote: everything that was stored, even if the declaration
            does not know or accept it

  An item that already exists, by its id or key, stays as it is, so repeating an import changes
  nothing. A line that does not fit is reported with its faults and is not written. docs/export.md
  describes the format, and what is understood of the exports of other systems.

  --from <system>     the file is what another system exports: its users are imported, with their
                      passwords where their hashes are bcrypt's
  --without-factors   imports users who had a second factor without it
`

interface Batch {
  readonly resource: string
  /** The number of upgrades that its declaration had. */
  readonly version: number
  readonly lines: Sent[]
  bytes: number
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'local' },
      'as-is': { type: 'boolean', default: false },
      from: { type: 'string' },
      'without-factors': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const [path, ...others] = positionals
  if (!path || others.length > 0) throw new Failure('usage: npm run import -- <file>')
  const stage = stageOf(values.stage)
  const asIs = values['as-is']
  if (values.from !== undefined)
    await importForeign(stage, values.from, path, values['without-factors'] ?? false)
  else
    for await (const { resource, version, lines } of batches(stage, path, asIs))
      await send(stage, resource, lines, asIs ? { asIs } : { version })
  finish()
}

/** Runs of lines of one resource, in the order of the file. */
async function* batches(stage: Stage, path: string, asIs: boolean): AsyncGenerator<Batch> {
  let number = 0
  let known: readonly string[] = []
  let versions: Versions = {}
  let batch: Batch | undefined
  for await (const text of linesOf(path)) {
    number += 1
    if (number === 1) {
      versions = versionsIn(text, asIs)
      // As they are deployed, which those of this checkout need not be.
      const deployed = await reindexStatus((command) => invokeOperator(stage, command))
      known = deployed.map(({ resource }) => resource)
      continue
    }
    if (text === undefined) {
      refuse(`line ${number}`, ['is not UTF-8'])
      continue
    }
    if (text.trim() === '') continue
    const parsed = parse(text, known)
    if (typeof parsed === 'string') {
      refuse(`line ${number}`, [parsed])
      continue
    }
    const { resource, ...record } = parsed
    const full = batch && (batch.lines.length >= most.records || batch.bytes >= most.bytes)
    if (batch && (full || batch.resource !== resource)) {
      yield batch
      batch = undefined
    }
    batch ??= { resource, version: versions[resource] ?? 0, lines: [], bytes: 0 }
    batch.lines.push({ where: `line ${number}`, record })
    batch.bytes += text.length
  }
  if (number === 0) throw new Failure(`${path} is empty`)
  if (batch) yield batch
}

type Versions = Readonly<Record<string, number>>

/**
 * The versions of the declarations that were exported; a resource without one has 0.
 * @throws Failure for a file that is no export of this version, or is of the other kind
 */
function versionsIn(text: string | undefined, asIs: boolean): Versions {
  if (text === undefined) throw new Failure('line 1: is not UTF-8')
  if (text.startsWith('\ufeff'))
    throw new Failure('line 1: begins with a byte order mark: save the file as UTF-8 without one')
  const header = parseJson(text) as Partial<Header> | undefined
  if (header?.format !== 'portcullis')
    throw new Failure('line 1: is not the header of an export, which docs/export.md describes')
  if (header.version !== formatVersion)
    throw new Failure(`line 1: version ${header.version} is not ${formatVersion}`)
  if ((header.asIs === true) !== asIs)
    throw new Failure(
      asIs
        ? 'line 1: it was not exported --as-is: import it without'
        : 'line 1: it was exported --as-is: import it --as-is',
    )
  return header.versions ?? {}
}

interface Header {
  readonly format: unknown
  readonly version: unknown
  readonly asIs?: unknown
  readonly versions?: Versions
}

/** The record, or why the line is not one. */
function parse(text: string, known: readonly string[]): { resource: string } | string {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'is not a JSON object'
  const { resource } = value as { resource?: unknown }
  if (typeof resource !== 'string' || !known.includes(resource))
    return `/resource must be one of ${known.join(', ')}`
  return value as { resource: string }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

await runCommand(async () => {
  try {
    await main()
  } catch (error) {
    finishEarly()
    throw error
  }
})

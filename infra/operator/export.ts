import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { ExportPage, ExportPosition } from '../../functions/operator/export-page.ts'
import { formatVersion } from '../../functions/operator/records.ts'
import type { ReindexStatus } from '../../functions/operator/reindex-page.ts'
import { runCommand } from '../command.ts'
import { Failure } from '../failure.ts'
import { reindexStatus } from '../reindex/reindex.ts'
import { type Stage, stageNames, stageOf } from '../stages.ts'
import { invokeOperator } from './operator.ts'

const help = `Writes all users, with their password hashes, and all items to a file of JSON Lines.

  npm run export -- --out <file> [--as-is] [--with-secrets] [--stage ${stageNames.join('|')}]

  --as-is          also writes what the present declaration does not know or does not admit;
                   \`npm run import -- --as-is\` reads it
  --with-secrets   also writes the secrets of second factors, which then work in another stack:
                   whoever has the file has them

  docs/export.md describes the format. Sessions, API keys, signing keys and counters are not exported.
  The file is not a snapshot: what is written meanwhile may or may not be in it. Only its owner can
  read it; keep it as safe as passwords.
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      'with-secrets': { type: 'boolean' },
      stage: { type: 'string', default: 'local' },
      'as-is': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  })
  const { out, 'as-is': asIs } = values
  if (values.help) return void process.stdout.write(help)
  if (!out) throw new Failure('usage: npm run export -- --out <file>')
  if (existsSync(out)) throw new Failure(`${out} is there already`)
  const stage = stageOf(values.stage)
  const draft = `${out}.part`
  // A file that is there already would keep its owner and mode.
  const file = await open(draft, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    throw new Failure(
      `${draft} exists: another export is running, or was interrupted. If none is running, delete the file`,
    )
  })
  try {
    const deployed = await deployedResources(stage)
    await file.write(line(headerOf(deployed, asIs)))
    const kind = { asIs, ...(values['with-secrets'] && { withSecrets: true }) }
    for await (const { resource, records } of pages(stage, deployed, kind))
      for (const record of records) await file.write(line({ resource, ...record }))
    if (misfits > 0)
      throw new Failure(
        `${misfits === 1 ? '1 item does not match its' : `${misfits} items do not match their`} declaration, and no import would accept that: nothing was exported. Fix it, or export --as-is`,
      )
    await file.close()
    await rename(draft, out)
  } catch (error) {
    await file.close()
    await rm(draft)
    throw error
  }
}

/**
 * The resources as they are deployed, which those of this checkout need not be: an export is made
 * before a change that would lose something.
 */
async function deployedResources(stage: Stage): Promise<readonly ReindexStatus[]> {
  const all = await reindexStatus((command) => invokeOperator(stage, command))
  if (all.some(({ key }) => key === undefined))
    throw new Failure(
      'the deployed code does not say how its resources are declared: export with the code that was deployed',
    )
  return all
}

/** What an import has to know of all that follows. */
function headerOf(deployed: readonly ReindexStatus[], asIs: boolean): object {
  const upgraded = deployed.filter(({ version }) => version > 0)
  const versions = Object.fromEntries(upgraded.map(({ resource, version }) => [resource, version]))
  const header = { format: 'portcullis', version: formatVersion, at: new Date() }
  if (asIs) return { ...header, asIs }
  return upgraded.length > 0 ? { ...header, versions } : header
}

let misfits = 0
/** At most so many are told one by one. */
const mostTold = 1000

function tellMisfit(text: string): void {
  misfits += 1
  if (misfits <= mostTold) process.stderr.write(`${text}\n`)
}

/** All pages of all resources, those that others lie under first. */
async function* pages(stage: Stage, deployed: readonly ReindexStatus[], kind: object) {
  const ids = new Map<string, string[]>()
  for (const { resource, parent, key } of deployed) {
    const parents = parent === undefined ? undefined : chunks(ids.get(parent) ?? [], 100)
    const known: string[] = []
    let count = 0
    for (const chunk of parents ?? [undefined])
      for (let position: ExportPosition | null = { parents: chunk }; position; ) {
        const command = { command: 'export-page', resource, ...kind, ...position }
        const { records, unfit, next } = (await invokeOperator(stage, command)) as ExportPage
        for (const { id, why } of unfit) tellMisfit(`${resource} ${id}: ${why}`)
        yield { resource, records }
        known.push(...records.map(({ item }) => String(item[key])))
        count += records.length
        position = next
      }
    ids.set(resource, known)
    process.stderr.write(`${count} ${resource}\n`)
  }
}

function chunks<Element>(list: readonly Element[], size: number): Element[][] {
  const count = Math.ceil(list.length / size)
  return Array.from({ length: count }, (_, index) => list.slice(index * size, (index + 1) * size))
}

function line(value: object): string {
  // Some readers of text end a line at these two as well.
  const json = JSON.stringify(value).replace(/[\u2028\u2029]/g, (separator) =>
    separator === '\u2028' ? '\\u2028' : '\\u2029',
  )
  return `${json}\n`
}

await runCommand(main)

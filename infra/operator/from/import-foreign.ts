import { readFileSync } from 'node:fs'
import { Failure } from '../../failure.ts'
import type { Stage } from '../../stages.ts'
import { most, refuse, send } from '../sending.ts'
import type { ForeignExport } from './foreign.ts'
import { type ForeignRecord, foreignRecords } from './foreign-records.ts'
import { systems } from './systems.ts'

/**
 * Imports the users of another system, and reports what is different for each of them here.
 * @throws Failure for a system that is not known, or a file that is not of that system
 */
export async function importForeign(
  stage: Stage,
  system: string,
  path: string,
  withoutFactors: boolean,
): Promise<void> {
  const { users, notes } = read(system, path)
  if (users.length === 0) throw new Failure(`${path} holds no users of ${system}`)
  for (const note of notes) process.stderr.write(`${note}\n`)
  const coming: (ForeignRecord & { readonly record: object })[] = []
  for (const one of foreignRecords(users, stage, { withoutFactors })) {
    const { record } = one
    if (record) coming.push({ ...one, record })
    else refuse(called(one), one.notes)
  }
  for (let at = 0; at < coming.length; at += most.records) {
    const some = coming.slice(at, at + most.records)
    const sent = some.map((one) => ({ where: called(one), record: one.record }))
    const outcomes = await send(stage, 'users', sent)
    for (const [index, outcome] of outcomes.entries()) if (outcome === 'created') tell(some[index])
  }
}

function read(system: string, path: string): ForeignExport {
  const understand = Object.hasOwn(systems, system) ? systems[system] : undefined
  if (!understand)
    throw new Failure(`unknown system ${system}: use one of ${Object.keys(systems).join(', ')}`)
  try {
    return understand(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
  } catch (error) {
    throw new Failure(`${path}: ${(error as Error).message}`)
  }
}

function tell(one: ForeignRecord | undefined): void {
  if (one && one.notes.length > 0) process.stderr.write(`${called(one)}: ${one.notes.join('; ')}\n`)
}

/** The name as JSON: a name from another system may hold anything. */
function called({ where, who }: ForeignRecord): string {
  return `${where} (${JSON.stringify(who)})`
}

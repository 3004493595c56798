import { faultInWords } from '../../functions/model/problems.ts'
import type { Imported } from '../../functions/operator/import-batch.ts'
import type { Stage } from '../stages.ts'
import { invokeOperator } from './operator.ts'

/** The most that is sent to the function at once, which takes 6 MB. */
export const most = { records: 100, bytes: 1024 * 1024 }

/** A record of a file, and what the report calls it. */
export interface Sent {
  readonly where: string
  readonly record: object
}

const counts = { created: 0, kept: 0, refused: 0 }

/**
 * Sends records of one resource, and says what is wrong with those that are refused.
 * @param kind how they were exported
 */
export async function send(
  stage: Stage,
  resource: string,
  batch: readonly Sent[],
  kind: object = {},
): Promise<readonly Imported[]> {
  const records = batch.map(({ record }) => record)
  const command = { command: 'import-batch', resource, records, ...kind }
  const { outcomes } = (await invokeOperator(stage, command)) as { outcomes: Imported[] }
  for (const [index, { where }] of batch.entries()) {
    const outcome = outcomes[index]
    if (typeof outcome === 'string') counts[outcome] += 1
    else refuse(where, (outcome?.faults ?? []).map(faultInWords))
  }
  return outcomes
}

export function refuse(where: string, why: readonly string[]): void {
  counts.refused += 1
  process.stderr.write(`${where}: ${why.join('; ')}\n`)
}

/** Says how many there were; the exit status tells whether some were refused. */
export function finish(): void {
  const { created, kept, refused } = counts
  process.stderr.write(`${created} created, ${kept} kept, ${refused} refused\n`)
  if (refused > 0) process.exitCode = 1
}

/** Says how many there were before a failure, if any. */
export function finishEarly(): void {
  if (Object.values(counts).some((count) => count > 0)) finish()
}

import { type Invoke, type Reindexed, recordEmpty, reindexAmong, reindexStatus } from './reindex.ts'

/** At most so many of a kind are told one by one. */
const most = 1000

function counted(items: number): string {
  return items === 1 ? '1 item is' : `${items} items are`
}

/** What is told of a run: each value that several items have, and each item that does not fit. */
export function toldOf(
  resource: string,
  { items, behind, left, duplicates, unfit }: Reindexed,
  check = false,
): string {
  const rest = `${resource}: lists by a unique field answer 503 until no two items have the same value and it is re-indexed again`
  const behindYet = `${resource}: ${counted(left)} not at the current version of the declaration: fix what is reported above, then re-index again`
  return [
    `${resource}: ${items} items, ${behind} of them written under a different declaration`,
    ...listed(
      duplicates,
      ({ field, value, ids }) => `${field} ${JSON.stringify(value)}: ${ids.join(', ')}`,
    ),
    ...listed(unfit, ({ id, why }) => `${id}: ${why}`),
    ...(duplicates.length > 0 ? [rest] : []),
    ...(left > 0 && !check ? [behindYet] : []),
  ].join('\n')
}

function listed<One>(all: readonly One[], say: (one: One) => string): string[] {
  const lines = all.slice(0, most).map((one) => `  ${say(one)}`)
  return all.length > most ? [...lines, `  and ${all.length - most} more`] : lines
}

/**
 * Brings what is behind up to its declaration, with a line that counts, or says nothing.
 * @param isEmpty tells whether nothing is stored for a resource, where that is known sooner
 */
export async function reindexAll(
  invoke: Invoke,
  say: (text: string) => void,
  progress: (text: string) => void,
  isEmpty: (resource: string) => Promise<boolean> = async () => false,
): Promise<void> {
  const all = await reindexStatus(invoke)
  for (const { resource, complete } of all) {
    if (complete) continue
    if (await isEmpty(resource)) {
      await recordEmpty(invoke, resource)
      continue
    }
    const onProgress = (done: number) => progress(`${resource}: ${done} items re-indexed`)
    const done = await reindexAmong(all, invoke, resource, { onProgress })
    if (done.behind > 0 || done.duplicates.length > 0) say(toldOf(resource, done))
  }
}

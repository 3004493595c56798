import { type Invoke, type Reindexed, reindex, reindexStatus } from './reindex.ts'

/** What is told of a run; each duplicate by its field, value and id. */
export function toldOf(resource: string, { items, behind, duplicates }: Reindexed): string {
  const counted = `${resource}: ${items} items, ${behind} of them made under another declaration`
  const told = duplicates.map(
    ({ field, value, id }) => `  ${field} ${JSON.stringify(value)} of ${id} is another's too`,
  )
  const rest = `${resource}: lists by a unique field are refused until no value is there twice`
  return [counted, ...told, ...(told.length > 0 ? [rest] : [])].join('\n')
}

/** Brings to its declaration what is behind, with a line that counts; says nothing when nothing is. */
export async function reindexAll(
  invoke: Invoke,
  say: (text: string) => void,
  progress: (text: string) => void,
): Promise<void> {
  for (const { resource, complete } of await reindexStatus(invoke)) {
    if (complete) continue
    const onProgress = (done: number) => progress(`${resource}: ${done} items re-indexed`)
    const done = await reindex(invoke, resource, { onProgress })
    if (done.behind > 0) say(toldOf(resource, done))
  }
}

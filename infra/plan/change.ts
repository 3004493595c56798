/** What a change asks of whoever deploys it. */
export type Verdict =
  /** Nothing more. */
  | 'nothing'
  /** To re-index the resource when it is deployed. */
  | 'reindex'
  /** To say that an empty table may take the place of the one with items. */
  | 'replace'
  /** To say that more people may have what is stored. */
  | 'widen'
  /** It is not deployed: the declaration must be another. */
  | 'refused'

/** A change of a declaration, and what it means for what is stored. */
export interface Change {
  readonly resource: string
  readonly verdict: Verdict
  readonly text: string
}

/** How many items of a resource are stored; undefined where nobody knows. */
export type Stored = (resource: string) => number | undefined

/** The resources that were named with `--replace` and `--widen`. */
export interface Accepted {
  readonly replace: readonly string[]
  readonly widen: readonly string[]
}

export const nothingAccepted: Accepted = { replace: [], widen: [] }

/** The changes that stop a deployment. */
export function stopping(changes: readonly Change[], accepted: Accepted): readonly Change[] {
  return changes.filter(({ verdict, resource }) => {
    if (verdict === 'replace' || verdict === 'widen') return !accepted[verdict].includes(resource)
    return verdict === 'refused'
  })
}

/** All that is to be named for changes to go on; undefined where nothing lets them. */
export function optionsToGoOn(changes: readonly Change[]): readonly string[] | undefined {
  const stops = stopping(changes, nothingAccepted)
  if (stops.some(({ verdict }) => verdict === 'refused')) return undefined
  return [...new Set(stops.map(({ verdict, resource }) => `--${verdict} ${resource}`))]
}

const marks: Readonly<Record<Verdict, string>> = {
  nothing: ' ',
  reindex: '*',
  replace: '!',
  widen: '!',
  refused: '!',
}

/**
 * The changes for people to read, each with what there is to do.
 * @param reindexing what is said of those that are to be re-indexed
 */
export function changeLines(
  changes: readonly Change[],
  accepted: Accepted,
  reindexing = ' Re-index it.',
): readonly string[] {
  const stops = new Set(stopping(changes, accepted))
  return changes.map((change) => {
    const { resource, verdict, text } = change
    const then = verdict === 'reindex' ? reindexing : ''
    return `${marks[verdict]} ${resource}: ${text}${stops.has(change) ? remedyOf(change) : then}`
  })
}

function remedyOf({ verdict, resource }: Change): string {
  if (verdict === 'refused') return ' Refused.'
  return ` To go on: --${verdict} ${resource}`
}

/** Items are counted where it matters, and then said. */
export function items(count: number | undefined): string {
  if (count === undefined) return 'the stored items'
  return count === 1 ? '1 stored item' : `${count} stored items`
}

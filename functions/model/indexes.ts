/**
 * What a list can be asked for, besides all of it newest first. `by`: an exact value, newest first;
 * `sort`: the order of a field, with its ranges, prefixes and exact values; both: the first, and
 * the second within it. One index answers a list, at a cost that does not grow with what is stored.
 */
export interface Index<Name extends string = string> {
  readonly by?: Name
  readonly sort?: Name
}

/** The most shards that are ever declared. */
export const maxShards = 32

interface Indexed {
  readonly indexes: readonly Index[]
  /** The fields by whose exact value one item is found. */
  readonly lookups: readonly string[]
}

/** The fields that indexes select by, each once. */
export function byFields({ indexes }: Pick<Indexed, 'indexes'>): string[] {
  return distinct(indexes.map(({ by }) => by))
}

/** The fields that indexes are in the order of, each once. */
export function sortFields({ indexes }: Pick<Indexed, 'indexes'>): string[] {
  return distinct(indexes.map(({ sort }) => sort))
}

/** The fields whose exact value a list can be asked for. */
export function exactFields(resource: Indexed): string[] {
  return distinct([...byFields(resource), ...sortFields(resource), ...resource.lookups])
}

/**
 * The declared indexes, and for each that is in an order within a value, one of the value alone: an
 * index in the order of an optional field has only the items that have it.
 */
export function withExact(indexes: readonly Index[]): Index[] {
  const all = new Map<string, Index>()
  for (const { by, sort } of indexes) {
    if (by !== undefined) all.set(by, { by })
    if (sort !== undefined) all.set(`${by} ${sort}`, { ...(by !== undefined && { by }), sort })
  }
  return [...all.values()]
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))]
}

import { isDeepStrictEqual } from 'node:util'
import { accessChanges, ownershipChanges } from './access-changes.ts'
import { type Change, items, type Stored } from './change.ts'
import { type Context, fieldChanges, type Said } from './field-changes.ts'
import { indexChanges, shardChanges, uniqueChanges } from './list-changes.ts'
import type { KnownResource, KnownResources, ResourceRecord } from './record.ts'

type Resources = Readonly<Record<string, ResourceRecord>>

/**
 * What the declarations of now mean for what is stored under those of before: each change in a
 * sentence, with what there is to do about it.
 * @param before what a stack was deployed with, or as much of it as is known
 */
export function compare(before: KnownResources, now: Resources, stored: Stored): Change[] {
  const removed = Object.keys(before).filter((name) => !now[name])
  const added = Object.keys(now).filter((name) => !before[name])
  const renamed = new Map(
    removed.map((name) => [name, added.find((other) => isAlike(before[name], now[other]))]),
  )
  return [
    ...removed.map(
      (name): Change => ({ resource: name, ...removal(stored(name), renamed.get(name)) }),
    ),
    ...added.map(
      (name): Change => ({
        resource: name,
        verdict: 'nothing',
        text: 'is new, with an empty table.',
      }),
    ),
    ...Object.entries(now).flatMap(([name, resource]) => {
      const known = before[name]
      if (!known) return []
      return changesOf(known, resource, stored(name), hasStream(name, before)).map(
        ([verdict, text]): Change => ({ resource: name, verdict, text }),
      )
    }),
  ]
}

/** Whether the table of a resource has a stream: for readers, or for what lies under its items. */
function hasStream(name: string, resources: KnownResources): boolean {
  const isParent = Object.values(resources).some(({ parent }) => parent === name)
  return isParent || Boolean(resources[name]?.onChange?.length)
}

function isAlike(before: KnownResource | undefined, now: ResourceRecord | undefined): boolean {
  return before?.fields !== undefined && isDeepStrictEqual(before.fields, now?.fields)
}

function removal(count: number | undefined, other: string | undefined): Omit<Change, 'resource'> {
  if (count === 0)
    return { verdict: 'nothing', text: 'is not declared any more; its table is empty.' }
  const renamed = other === undefined ? '' : ` ${other} has the same fields, and begins empty.`
  return {
    verdict: 'replace',
    text: `is not declared any more: its table with ${items(count)} is deleted, or stays outside the stack where the stage keeps data.${renamed} Export it first.`,
  }
}

function changesOf(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
  hadStream: boolean,
): Said[] {
  const access = accessChanges(before, now, count)
  const owner = ownershipChanges(before, now, count)
  if (!isDeepStrictEqual(before.keys, now.keys))
    return [keyChange(before, now, count), ...owner, ...access]
  return [
    ...parentChange(before, now, count),
    ...owner,
    ...access,
    ...(isWhole(before)
      ? [...wholeChanges(before, now, count), ...readerChanges(before, now, hadStream)]
      : partialChanges(before, now, count)),
  ]
}

function keyChange(before: KnownResource, now: ResourceRecord, count: number | undefined): Said {
  const name = ({ partition, sort }: ResourceRecord['keys']) =>
    sort ? `${partition} and ${sort}` : partition
  const what = `its items are found by ${name(now.keys)} instead of ${name(before.keys)} (key, parent or owner changed)`
  if (count === 0) return ['nothing', `${what}; nothing is stored yet.`]
  return [
    'replace',
    `${what}: an empty table takes the place of the one with ${items(count)}, which is deleted, or stays outside the stack where the stage keeps data. Export it first.`,
  ]
}

/** Another parent by the same parameter: the table stays, and what is in it is lost to everybody. */
function parentChange(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  if (!isWhole(before) || before.parent === now.parent) return []
  const text = `it lies under ${now.parent ?? 'nothing'} instead of ${before.parent ?? 'nothing'} by the same parameter`
  if (count === 0) return [['nothing', `${text}; nothing is stored yet.`]]
  return [
    [
      'refused',
      `${text}, and ${items(count)} would lie under nothing: give the parent a \`param\` of its own.`,
    ],
  ]
}

function isWhole(before: KnownResource): before is ResourceRecord {
  return before.fields !== undefined
}

function wholeChanges(
  before: ResourceRecord,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const upgraded = now.upgrades > before.upgrades
  const key = now.keys.sort ?? now.keys.partition
  const context: Context = { hasItems: count !== 0, upgraded, key }
  return [
    ...fieldChanges(before.fields, now.fields, context),
    ...readOnlyChanges(before, now),
    ...uniqueChanges(before, now, count),
    ...indexChanges(before, now, count),
    ...shardChanges(before, now, count),
    ...upgradeChanges(before, now, count),
  ]
}

/** For a stack without a record: what is not known is said, and not taken for equal. */
function partialChanges(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const unknown: Said = [
    'reindex',
    'was deployed by a version that kept no record: its fields, unique values, shards and access of before are not known here.',
  ]
  return [...indexChanges(before, now, count), ...(count === 0 ? [] : [unknown])]
}

function readOnlyChanges(before: ResourceRecord, now: ResourceRecord): Said[] {
  const [was, is] = [Object.keys(before.readOnly), Object.keys(now.readOnly)]
  const added = is.filter((name) => !was.includes(name))
  const removed = was.filter((name) => !is.includes(name))
  const changed = is.filter(
    (name) => was.includes(name) && !isDeepStrictEqual(before.readOnly[name], now.readOnly[name]),
  )
  const hasDefault = (name: string) => !now.computed && now.readOnly[name]?.presence === 'default'
  const since = now.computed
    ? 'stored items are answered with what is computed'
    : 'stored items have it from the write that gives it'
  const sentences: readonly (readonly [names: readonly string[], text: string])[] = [
    [added.filter(hasDefault), 'is new and read-only: stored items are answered with its default.'],
    [added.filter((name) => !hasDefault(name)), `is new and read-only: ${since}.`],
    [removed, '(read-only) is not answered any more.'],
    [changed, '(read-only) has a different declaration: stored values stay until the next write.'],
    [before.computed && !now.computed ? ['what was computed'] : [], 'stays as it is stored.'],
    [
      now.computed && !before.computed && added.length === 0 ? ['what is computed'] : [],
      'is stored with the next write of each item, and answered at once where there is nothing.',
    ],
    [
      before.computed && now.computed && before.computed !== now.computed ? ['compute'] : [],
      'is another function: items keep what it made of them before until their next write. An `upgrade` that answers what it is given has all computed anew.',
    ],
  ]
  return sentences
    .filter(([names]) => names.length > 0)
    .map(([names, text]): Said => ['nothing', `${names.join(', ')} ${text}`])
}

function upgradeChanges(
  before: ResourceRecord,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const more = now.upgrades - before.upgrades
  if (more === 0) return []
  const isListed = now.indexes.length + now.unique.length > 0
  const until = isListed ? ' Lists by an index or a unique value are 503 until then.' : ''
  if (more > 0) {
    const text = `${more} more \`upgrade\` over ${items(count)}: answered in the new form at once, and stored in it by the next write of each or by re-indexing.`
    return [count === 0 ? ['nothing', `${text}`] : ['reindex', `${text}${until}`]]
  }
  const text =
    'fewer `upgrade`s: what newer code has written is answered where it fits, else 503, and never overwritten.'
  return [count === 0 || !isListed ? ['nothing', text] : ['reindex', `${text}${until}`]]
}

/**
 * A new reader begins with the oldest change in the stream: what others have had by then is new to it.
 * It is given those that are not older than its `maxRecordAge`.
 * @param hadStream whether the table has a stream already
 */
function readerChanges(before: ResourceRecord, now: ResourceRecord, hadStream: boolean): Said[] {
  const past = hadStream ? ', and those of the last 23 hours' : ''
  const added = now.onChange.filter((name) => !before.onChange.includes(name))
  const removed = before.onChange.filter((name) => !now.onChange.includes(name))
  return [
    ...added.map(
      (name): Said => [
        'nothing',
        `${name} receives every change from now on${past}, but not the items already stored.`,
      ],
    ),
    ...removed.map(
      (name): Said => [
        'nothing',
        `${name} receives no more changes, not even those still in the stream.`,
      ],
    ),
  ]
}

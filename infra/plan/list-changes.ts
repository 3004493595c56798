import { isDeepStrictEqual } from 'node:util'
import type { Form } from '../../functions/store/layout.ts'
import { items } from './change.ts'
import type { Said } from './field-changes.ts'
import type { FieldRecords, KnownResource, ResourceRecord } from './record.ts'

/** What an index lies over is stored with each item: where items lack it, the index lacks them. */
export function indexChanges(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const added = now.indexes.filter((name) => !before.indexes.includes(name))
  const removed = before.indexes.filter((name) => !now.indexes.includes(name))
  const kept = now.indexes.filter((name) => before.indexes.includes(name))
  const known = new Set(before.indexes.flatMap(partsOf))
  const changed = kept.filter((name) =>
    partsOf(name).some((part) => isComparedAnew(before, now, part)),
  )
  return [
    ...added.map((name): Said => {
      if (count === 0) return ['nothing', `the index ${name} is new; nothing is stored yet.`]
      const isReady = partsOf(name).every(
        (part) => known.has(part) && !isComparedAnew(before, now, part),
      )
      return isReady
        ? ['nothing', `the index ${name} is new: lists by it are 503 until it is made.`]
        : [
            'reindex',
            `the index ${name} is new: lists by it are 503 until it holds ${items(count)}.`,
          ]
    }),
    ...removed.map(
      (name): Said => [
        'nothing',
        `the index ${name} goes: its parameters are 400; what was stored for it goes with the next re-indexing.`,
      ],
    ),
    ...(count === 0 ? [] : changed).map(
      (name): Said => [
        'reindex',
        `the values of the index ${name} are compared in another way, or have another default: lists by it are 503 until it holds ${items(count)} anew.`,
      ],
    ),
  ]
}

/** `by_country_sort_heightM` → `by_country`, `sort_heightM`. */
function partsOf(index: string): string[] {
  return index.match(/(?:by|sort)_[^_]+/g) ?? []
}

function isComparedAnew(before: KnownResource, now: ResourceRecord, part: string): boolean {
  if (!before.fields) return false
  const field = part.replace(/^\w+?_/, '')
  return (
    recordedFormOf(before.fields, field) !== recordedFormOf(now.fields, field) ||
    !isDeepStrictEqual(before.fields[field]?.default, now.fields[field]?.default)
  )
}

/** How the store compares the values of a field, as its record tells. */
export function recordedFormOf(fields: FieldRecords, field: string): Form {
  const { type, format, enum: choices } = fields[field]?.schema ?? {}
  if (choices !== undefined) return 'exact'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'boolean'
  return format === 'email' ? 'anyCase' : 'exact'
}

export function uniqueChanges(
  before: ResourceRecord,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const added = now.unique.filter((field) => !before.unique.includes(field))
  const removed = before.unique.filter((field) => !now.unique.includes(field))
  const changed = now.unique.filter(
    (field) =>
      before.unique.includes(field) &&
      recordedFormOf(before.fields, field) !== recordedFormOf(now.fields, field),
  )
  return [
    ...added.map(
      (field): Said =>
        count === 0
          ? ['nothing', `${field} is unique now; nothing is stored yet.`]
          : [
              'reindex',
              `${field} is unique now: every write takes its value from now on; re-indexing tells which values several of ${items(count)} have.`,
            ],
    ),
    ...removed.map((field): Said => ['nothing', `${field} is not unique any more.`]),
    ...(count === 0 ? [] : changed).map(
      (field): Said => [
        'reindex',
        `the unique values of ${field} are compared in another way; re-indexing tells which values several of ${items(count)} have.`,
      ],
    ),
  ]
}

export function shardChanges(
  before: ResourceRecord,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  if (before.shards === now.shards) return []
  const text = `${now.shards} shards instead of ${before.shards}`
  // Items under a parent are listed by the table itself.
  if (count === 0 || now.keys.sort !== undefined) return [['nothing', `${text}.`]]
  return [
    [
      'reindex',
      `${text}: lists of all of it are 503 until re-indexing has dealt out ${items(count)} anew.`,
    ],
  ]
}

import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { type Step, transact } from './dynamodb.ts'
import {
  changeStep,
  type GuardState,
  readGuard,
  releaseStep,
  reserveStep,
} from './guard-records.ts'
import { type Form, formOf, guardKey, heldGuards } from './layout.ts'

/**
 * Guards of unique values: DynamoDB has no unique index, so each value that an item has is reserved
 * by a record of its own, in the item's transaction. A guard names its owner, and only its owner
 * releases it; an item knows its guards, so that code which declares fewer unique fields still
 * releases them all.
 *
 * Items that had the same value before it was unique share its guard: one is the owner, the others
 * are counted, and each of those knows that it is. The guard goes with the last of them. Until then
 * the value is taken for everybody else, even while there is no owner; the next of them to be
 * written or re-indexed becomes the owner.
 *
 * @see https://aws.amazon.com/blogs/database/simulating-amazon-dynamodb-unique-constraints-using-transactions/
 */
export type TakenFailure = `${string}_taken`

interface Guard {
  readonly field: string
  /** How the item names it. */
  readonly mark: string
  readonly key: Attributes
}

/** How an item stands to a guard; `unknown` for an item that does not name its guards. */
type Hold = 'own' | 'shared' | 'unknown'

type Held = Guard & { readonly hold: Hold }

/** How an item marks a guard that another item owns, or nobody. */
const sharing = ' shared'

/** The guards that the declaration asks for. */
export function wantedGuards(resource: Resource, item: Attributes): Guard[] {
  const forms = resource.unique.map((field): [string, Form] => [field, formOf(resource, field)])
  return guardsOf(resource, forms, item)
}

/**
 * The guards that an item may have as it is stored: the declared ones, if it does not name its own.
 */
function guardsHeld(resource: Resource, stored: Attributes): Held[] {
  const marks = stored[heldGuards]
  if (!Array.isArray(marks))
    return wantedGuards(resource, stored).map((guard) => ({ ...guard, hold: 'unknown' }))
  return marks.map(String).flatMap((mark) => {
    const hold: Hold = isSharing(mark) ? 'shared' : 'own'
    const form = mark.split(' ').slice(0, 2) as [string, Form]
    return guardsOf(resource, [form], stored).map((guard) => ({ ...guard, hold }))
  })
}

function guardsOf(
  resource: Resource,
  forms: readonly (readonly [field: string, form: Form])[],
  item: Attributes,
): Guard[] {
  return forms
    .filter(([field]) => item[field] !== undefined)
    .map(([field, form]) => {
      const key = guardKey(resource, field, item, form)
      return { field, mark: `${field} ${form}`, key }
    })
}

/** Whether an item names a guard that it does not own. */
export function isSharing(mark: string): boolean {
  return mark.endsWith(sharing)
}

/** How an item names its guards; undefined where it has none. */
export function marksOf(guards: readonly Guard[]): readonly string[] | undefined {
  return guards.length > 0 ? guards.map(({ mark }) => mark) : undefined
}

/** The writes that take a new item's unique values; each fails where another item has the value. */
export function reserveUnique(resource: Resource, item: Attributes): Step<TakenFailure>[] {
  const owner = item[resource.key]
  const guards = wantedGuards(resource, item)
  return guards.map((guard) => reserveStep(resource, guard, { owner }, `${guard.field}_taken`))
}

/**
 * The writes that share the guards of those fields of a new item whose values other items have,
 * each with how the item names the guard.
 */
export function shareUnique(resource: Resource, item: Attributes, fields: readonly string[]) {
  const guards = wantedGuards(resource, item).filter(({ field }) => fields.includes(field))
  return Promise.all(
    guards.map(async (guard) => share(resource, guard, await readGuard(resource, guard))),
  )
}

function share(resource: Resource, guard: Guard, state: GuardState) {
  const counted = { owner: state.owner, sharers: state.sharers + 1 }
  const step = changeStep(resource, guard, state, counted)
  return { guard, mark: guard.mark + sharing, holder: state.owner, step }
}

export interface ItemWrite {
  /** As it is stored. */
  readonly before: Attributes
  /** The same, as it is declared now. */
  readonly current: Attributes
  /** As it becomes; undefined when it is deleted. */
  readonly after: Attributes | undefined
  /** The write of the item itself, which names the guards that it then has. */
  readonly write: (marks: readonly string[] | undefined) => Step<'stale'>
}

export interface Written {
  readonly failure: 'stale' | TakenFailure | undefined
  /** The unique fields whose value another item owns, from before they were unique. */
  readonly duplicates: readonly { readonly field: string; readonly holder: unknown }[]
}

/** What a change of an item does to one of its guards. */
interface Move {
  readonly guard: Guard
  readonly step?: Step<string> | undefined
  /** How the item names the guard then. */
  readonly mark?: string
  /** The item that owns it in its place. */
  readonly holder?: unknown
}

/**
 * Changes an item together with its guards. A value that changes is taken or the write fails; one
 * that stays the same is taken where it is free, and shared where another item owns it. A guard is
 * read where it is shared, or turns out not to be as assumed; it changes only if it is still as it
 * was read.
 * @param alone the write where no guard moves
 */
export async function writeGuarded(
  resource: Resource,
  { before, current, after, write }: ItemWrite,
  alone: (step: Step<'stale'>) => Promise<'stale' | undefined>,
): Promise<Written> {
  const owner = before[resource.key]
  const held = guardsHeld(resource, before)
  const wanted = after ? wantedGuards(resource, after) : []
  const found = new Map<string, GuardState>()
  const look = async (guard: Guard) => found.set(textOf(guard), await readGuard(resource, guard))
  for (const guard of held) if (guard.hold === 'shared') await look(guard)
  for (;;) {
    const moves: Move[] = [
      ...wanted.map((guard) => {
        const hold = held.find((one) => textOf(one) === textOf(guard))?.hold
        const had = hold !== undefined || current[guard.field] === after?.[guard.field]
        return take(resource, guard, { hold, had, owner, state: found.get(textOf(guard)) })
      }),
      ...held
        .filter((guard) => !wanted.some((one) => textOf(one) === textOf(guard)))
        .map((guard) => release(resource, guard, { owner, state: found.get(textOf(guard)) })),
    ]
    const duplicates = moves
      .filter(({ holder }) => holder !== undefined)
      .map(({ guard: { field }, holder }) => ({ field, holder }))
    const marks = moves.flatMap(({ mark }) => mark ?? [])
    const item = write(marks.length > 0 ? marks : undefined)
    const steps = moves.flatMap(({ step }) => step ?? [])
    if (steps.length === 0) return { failure: await alone(item), duplicates }
    const failure = await transact<string>([item, ...steps])
    const unlike = moves.find(({ guard }) => failure === textOf(guard))
    if (!unlike) return { failure: failure as Written['failure'], duplicates }
    await look(unlike.guard)
  }
}

/** Tells guards apart, and is the failure of a step whose guard is not as assumed. */
function textOf({ key }: Guard): string {
  return Object.values(key).join(' ')
}

/** The guard of a value that the item has after the change. */
function take(
  resource: Resource,
  guard: Guard,
  now: { hold: Hold | undefined; had: boolean; owner: unknown; state: GuardState | undefined },
): Move {
  const { hold, had, owner, state } = now
  const { field, mark } = guard
  if (!state) {
    if (hold === 'own') return { guard, mark }
    const failure = had ? textOf(guard) : (`${field}_taken` as const)
    return { guard, mark, step: reserveStep(resource, guard, { owner, had }, failure) }
  }
  const others = hold === 'shared' ? state.sharers - 1 : state.sharers
  if (state.owner === undefined || state.owner === owner)
    return { guard, mark, step: changeStep(resource, guard, state, { owner, sharers: others }) }
  const shared = share(resource, guard, state)
  return hold === 'shared' ? { ...shared, step: undefined } : shared
}

/** The guard of a value that the item no longer has. */
function release(
  resource: Resource,
  guard: Held,
  { owner, state }: { owner: unknown; state: GuardState | undefined },
): Move {
  if (!state) return { guard, step: releaseStep(resource, guard, owner, textOf(guard)) }
  if (guard.hold === 'shared')
    return {
      guard,
      step: changeStep(resource, guard, state, { ...state, sharers: state.sharers - 1 }),
    }
  // Another item's guard stays, from before the rule or from before guards named their owners.
  if (state.owner !== owner) return { guard }
  return { guard, step: changeStep(resource, guard, state, { ...state, owner: undefined }) }
}

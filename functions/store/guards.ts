import { tableName } from '../config/environment.ts'
import type { Resource } from '../model/declaration.ts'
import type { Attributes } from './attributes.ts'
import { type Step, transact } from './dynamodb.ts'
import { allOf, type Condition } from './expressions.ts'
import { type Form, formOf, guardKey, guardOwner, heldGuards, keyNames } from './layout.ts'

/**
 * Guards of unique values: DynamoDB has no unique index, so each value that an item has is reserved
 * by a record of its own, in the item's transaction. A guard names its owner, and only its owner
 * releases it; an item knows its guards, so that also code which declares less unique releases all.
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

/** The guards that the declaration asks for. */
export function wantedGuards(resource: Resource, item: Attributes): Guard[] {
  const forms = resource.unique.map((field): [string, Form] => [field, formOf(resource, field)])
  return guardsOf(resource, forms, item)
}

/** The guards that an item as it is stored may have: what it does not tell is what is declared. */
function guardsHeld(resource: Resource, stored: Attributes): Guard[] {
  const marks = stored[heldGuards]
  if (!Array.isArray(marks)) return wantedGuards(resource, stored)
  const forms = marks.map((mark) => String(mark).split(' ') as [string, Form])
  return guardsOf(resource, forms, stored)
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

/** How an item names its guards; undefined where it has none. */
export function marksOf(guards: readonly Guard[]): readonly string[] | undefined {
  return guards.length > 0 ? guards.map(({ mark }) => mark) : undefined
}

/** The writes that take a new item's unique values, each of which fails where another has it. */
export function reserveUnique(resource: Resource, item: Attributes): Step<TakenFailure>[] {
  const guards = wantedGuards(resource, item)
  return guards.map((guard) => reserveStep(resource, guard, item, `${guard.field}_taken`))
}

export interface Change<Failure extends string> {
  /** As it is stored. */
  readonly before: Attributes
  /** The same, as it is declared now. */
  readonly current: Attributes
  /** As it becomes; undefined when it is deleted. */
  readonly after: Attributes | undefined
  /** The write of the item itself, which names the guards that it then has. */
  readonly write: (marks: readonly string[] | undefined) => Step<Failure>
}

export interface Written<Failure extends string> {
  readonly failure: Failure | TakenFailure | undefined
  /** The unique fields of which another item has the value, as it had before they were unique. */
  readonly duplicates: readonly string[]
}

/**
 * Changes an item together with its guards. A value that changes is taken or the write fails; one
 * that stays as it is is taken where it is free. Guards of another item stay: an item that is older
 * than the rule may have a value that another one holds.
 * @param alone the write where no guard moves
 */
export async function writeGuarded<Failure extends string>(
  resource: Resource,
  { before, current, after, write }: Change<Failure>,
  alone: (step: Step<Failure>) => Promise<Failure | undefined>,
): Promise<Written<Failure>> {
  const told = Array.isArray(before[heldGuards])
  const held = guardsHeld(resource, before)
  const duplicates: string[] = []
  const others: string[] = []
  for (;;) {
    const wanted = after
      ? wantedGuards(resource, after).filter(({ field }) => !duplicates.includes(field))
      : []
    const old = wanted.filter((guard) => has(held, guard))
    const taken = [
      ...wanted
        .filter((guard) => !has(held, guard))
        .map((guard) => reserveStep(resource, guard, after ?? {}, takenBy(guard, current, after))),
      // Nobody knows whether it has these.
      ...(told ? [] : old).map((guard) =>
        reserveStep(resource, guard, before, `${guard.field}~twice` as const),
      ),
    ]
    const released = held
      .filter((guard) => !has(wanted, guard) && !others.includes(guard.mark))
      .map((guard) => releaseStep(resource, guard, before))
    const item = write(marksOf(wanted))
    if (taken.length + released.length === 0) return { failure: await alone(item), duplicates }
    const failure = await transact<Failure | TakenFailure | Tolerated>([
      item,
      ...taken,
      ...released,
    ])
    const [, name = '', why] = /^(.*)~(twice|not_owner)$/.exec(failure ?? '') ?? []
    if (why === 'twice') duplicates.push(name)
    else if (why === 'not_owner') others.push(name)
    else return { failure: failure as Failure | TakenFailure | undefined, duplicates }
  }
}

/** What does not fail the write, which is done again without it. */
type Tolerated = `${string}~twice` | `${string}~not_owner`

function takenBy(
  { field }: Guard,
  current: Attributes,
  after: Attributes = {},
): TakenFailure | Tolerated {
  return current[field] === after[field] ? `${field}~twice` : `${field}_taken`
}

function has(guards: readonly Guard[], { key }: Guard): boolean {
  return guards.some((guard) => String(Object.values(guard.key)) === String(Object.values(key)))
}

/** Guards of before they named their owners are the first's that writes and has the value. */
function reserveStep<Failure extends string>(
  resource: Resource,
  { key }: Guard,
  item: Attributes,
  failure: Failure,
): Step<Failure> {
  const owner = item[resource.key]
  const free = 'attribute_not_exists(#partition) OR #owner = :owner'
  return {
    write: {
      Put: {
        TableName: tableName(resource.name),
        Item: { ...key, [guardOwner]: owner },
        ConditionExpression: failure.endsWith('~twice')
          ? `${free} OR attribute_not_exists(#owner)`
          : free,
        ExpressionAttributeNames: {
          '#partition': keyNames(resource).partition,
          '#owner': guardOwner,
        },
        ExpressionAttributeValues: { ':owner': owner },
      },
    },
    failure,
  }
}

function releaseStep(
  resource: Resource,
  { key, mark }: Guard,
  item: Attributes,
): Step<`${string}~not_owner`> {
  const condition = allOf([ownedBy(item[resource.key])])
  return {
    write: { Delete: { TableName: tableName(resource.name), Key: key, ...condition } },
    failure: `${mark}~not_owner`,
  }
}

/** Guards of before they named their owners have none. */
function ownedBy(owner: unknown): Condition {
  return {
    attribute: guardOwner,
    values: [owner],
    text: (name, [value]) => `(attribute_not_exists(${name}) OR ${name} = ${value})`,
  }
}

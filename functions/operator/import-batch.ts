import { randomUUIDv7 } from 'node:crypto'
import { createAccount, type NewAccount, newAccount } from '../accounts/accounts.ts'
import { readCredentials } from '../accounts/credentials.ts'
import { importedFactors } from '../accounts/factor-transfer.ts'
import { users } from '../accounts/users.ts'
import { voidHash } from '../auth/passwords/passwords.ts'
import type { Resource } from '../model/declaration.ts'
import { inWords } from '../model/names.ts'
import { isPrivate, ownerName, users as ownerParent } from '../model/parents.ts'
import { type Fault, Problem } from '../model/problems.ts'
import { usernameKey } from '../model/usernames.ts'
import { faults } from '../model/validation.ts'
import type { Attributes } from '../store/attributes.ts'
import { mayBeNew } from '../store/completeness.ts'
import { largerThan, type Step, sayTooLarge } from '../store/dynamodb.ts'
import { createItem, readItem, readStored } from '../store/items.ts'
import { keyOf } from '../store/layout.ts'
import { findOwner, parentExistsStep } from '../store/parents.ts'
import { createAsIs, importedItem, upgradedRecord } from './import-as-is.ts'
import { asIsSchema, recordSchema, type TransferRecord } from './records.ts'

/**
 * `kept`: the item is there already, and stays as it is. Nothing is written of a record with
 * faults.
 */
export type Imported = 'created' | 'kept' | { readonly faults: readonly Fault[] }

/** How many are written at once; under a parent one by one, as their transactions collide. */
const atOnce = ({ parent }: Resource) => (parent ? 1 : 20)

/** How the records were exported. */
export interface Exported {
  /** With all that was stored, whatever the declaration was. */
  readonly asIs?: boolean | undefined
  /** The number of upgrades that the declaration had then; with `asIs`, each item has its own. */
  readonly version?: number | undefined
}

/**
 * Writes what is not there yet, with its id, its times and its unique values. Outcomes are in the
 * order given; of two records with the same unique value either may come first.
 */
export async function importBatch(
  resource: Resource,
  records: readonly unknown[],
  { asIs = false, version = 0 }: Exported = {},
): Promise<Imported[]> {
  const asStored = asIs && resource !== users
  const schema = asStored ? asIsSchema(resource) : recordSchema(resource)
  const outcomes: Imported[] = []
  const step = atOnce(resource)
  const spellings = new Map<string, string>()
  const isNew = newness(resource)
  for (let index = 0; index < records.length; index += step) {
    const some = records.slice(index, index + step)
    outcomes.push(...(await Promise.all(some.map((record) => importOne(record)))))
  }
  return outcomes

  async function importOne(given: unknown): Promise<Imported> {
    const upgraded = asStored ? given : upgradedRecord(resource, given, version)
    if (upgraded instanceof Problem) return { faults: [misfit(upgraded)] }
    const { success, data, error } = schema.safeParse(upgraded)
    if (!success) return { faults: faults(error.issues) }
    if (resource === users && isSpelledOtherwise(data.item)) return taken('username')
    const failure = await create(resource, data, asStored, isNew).catch(sayTooLarge)
    if (!failure) return 'created'
    if (await isThere(resource, data.item)) return 'kept'
    return { faults: [faultOf(resource, failure)] }
  }

  /** Two names that differ only by case are two people's in the file, and one person's here. */
  function isSpelledOtherwise({ username }: Attributes): boolean {
    const name = String(username)
    const key = usernameKey(name)
    const first = spellings.get(key) ?? name
    spellings.set(key, first)
    return first !== name
  }
}

function misfit({ cause }: Problem): Fault {
  return { pointer: '/item', detail: (cause as Error).message }
}

function taken(field: string): Imported {
  return { faults: [isTaken(field)] }
}

async function create(
  resource: Resource,
  record: TransferRecord,
  asStored: boolean,
  isNew: Newness,
): Promise<string | undefined> {
  const { item, hash, factor, factors, recoveryCodes } = record
  if (resource === users) {
    const account = {
      id: sequenceAt(item.createdAt),
      ...item,
      hash: hash ?? (await voidHash()),
      factor: factors?.length ? true : factor,
      role: item.role ?? 'member',
    }
    const made = newAccount(account as NewAccount)
    return createAccount(made, await importedFactors(made.user.id, { factors, recoveryCodes }))
  }
  const steps = await importedExistenceSteps(resource, item)
  const sequence = sequenceOf(resource, item)
  const made = { sequence, isNew: await isNew(item) }
  return asStored
    ? createAsIs(resource, record, made, steps)
    : createItem(resource, importedItem(resource, item, made), steps)
}

type Newness = (item: Attributes) => Promise<boolean>

/** Asked once for each parent. */
function newness(resource: Resource): Newness {
  const { parent } = resource
  const known = new Map<unknown, Promise<boolean>>()
  return (item) => {
    const holder = parent && item[parent.param]
    const isNew = known.get(holder) ?? mayBeNew(resource, parent ? { [parent.param]: holder } : {})
    known.set(holder, isNew)
    return isNew
  }
}

/** An id is a sequence: the order of the list is that of the creations. */
function sequenceOf({ naturalKey }: Resource, item: Attributes): string {
  return naturalKey ? sequenceAt(item.createdAt) : String(item.id)
}

/** What the item lies under, or else its owner if it has one, must be there. */
async function importedExistenceSteps(
  { parent, owner }: Resource,
  item: Attributes,
): Promise<Step<'not_found'>[]> {
  if (!parent) {
    const { [ownerName]: id } = item
    if (!owner || id === undefined) return []
    return [parentExistsStep({ parent: ownerParent, key: { id } }, 'not_found')]
  }
  const named = String(item[parent.param])
  const holder = isPrivate(parent) && { [ownerName]: (await findOwner(parent.name, named)) ?? '~' }
  return [parentExistsStep({ parent, key: { ...holder, [parent.key]: named } }, 'not_found')]
}

/** Looks the item up by its key; a user that came without an id, by the name. */
async function isThere(resource: Resource, item: Attributes): Promise<boolean> {
  if (resource === users && item.id === undefined) {
    const credentials = await readCredentials(usernameKey(String(item.username)))
    const user = credentials && (await readItem(users, { id: credentials.userId }))
    return user?.username === item.username
  }
  return (await readStored(resource, keyOf(resource, item))) !== undefined
}

function faultOf({ parent = ownerParent }: Resource, failure: string): Fault {
  if (failure === 'not_found')
    return {
      pointer: `/item/${parent.param}`,
      detail: `is not the ${parent.key} of an existing ${inWords(parent.singular)}`,
    }
  if (failure === largerThan) return { pointer: '/item', detail: failure }
  return isTaken(failure.replace(/_taken$/, ''))
}

function isTaken(field: string): Fault {
  return { pointer: `/item/${field}`, detail: 'is already taken' }
}

/** A UUIDv7 of a time, now by default (RFC 9562 section 5.7: it begins with 48 bits of milliseconds). */
function sequenceAt(time: unknown): string {
  const id = randomUUIDv7()
  if (time === undefined) return id
  const milliseconds = Date.parse(String(time)).toString(16).padStart(12, '0')
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}${id.slice(13)}`
}

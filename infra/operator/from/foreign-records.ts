import { email as address } from '../../../functions/model/fields.ts'
import { username } from '../../../functions/model/usernames.ts'
import type { Stage } from '../../stages.ts'
import { bcryptOf, type ForeignUser } from './foreign.ts'

/** A user of another system as a record of an import, and what is to be told of it. */
export interface ForeignRecord {
  readonly where: string
  /** As the report calls the user. */
  readonly who: string
  /** Undefined where the user is not imported. */
  readonly record?: object
  readonly notes: readonly string[]
}

/**
 * @param stage that the users are imported into
 * @param withoutFactors whether users who had a second factor are imported without it
 */
export function foreignRecords(
  users: readonly ForeignUser[],
  stage: Pick<Stage, 'mailFrom'>,
  { withoutFactors }: { withoutFactors: boolean },
): ForeignRecord[] {
  const names = new Set<string>()
  return users.map((user) => {
    const { where, factor = false, left } = user
    const given = user.name ?? user.email
    const who = given ?? 'somebody without a name'
    const refused = (why: string) => ({ where, who, notes: [why] })
    if (left) return refused(left)
    if (given === undefined) return refused('has neither a name nor an address')
    if (factor && !withoutFactors)
      return refused(
        'has a second factor, which cannot be imported: use --without-factors to import the user without it',
      )
    const name = nameOf(user)
    if (name === undefined) return refused('has a name that cannot be made into a username')
    // Of two people with one name, the second would be taken for the first.
    if (names.has(name.toLowerCase()))
      return refused(`would get the username ${name}, which another user in the file has`)
    names.add(name.toLowerCase())
    const made = recordOf(user, name, stage)
    const renamed = name === given ? [] : [`is imported as ${name}`]
    const lost = factor ? ['is imported without the second factor'] : []
    return { where, who, record: made.record, notes: [...renamed, ...lost, ...made.notes] }
  })
}

function recordOf(
  { email, emailVerified, hash, disabled, createdAt, notes }: ForeignUser,
  name: string,
  { mailFrom }: Pick<Stage, 'mailFrom'>,
) {
  const usable = email !== undefined && address().safeParse(email).success
  const addressed = usable ? { email, emailVerified: emailVerified ?? false } : {}
  const time = timeOf(createdAt)
  const item = {
    username: name,
    ...addressed,
    ...(disabled && { disabled }),
    ...(time && { createdAt: time, updatedAt: time }),
  }
  const bcrypt = bcryptOf(hash)
  const why =
    hash === undefined ? 'has no password there' : 'has a password hash that is not bcrypt'
  const hindrance =
    (mailFrom === '' && 'the stage sends no mail') ||
    (!(usable && emailVerified) && 'no address is verified') ||
    (disabled && 'the user is disabled')
  const remedy = hindrance
    ? `an admin must set one, because ${hindrance}`
    : 'the user can set one by mail'
  return {
    record: { item, ...(bcrypt ? { hash: bcrypt } : { withoutPassword: true }) },
    notes: [
      ...(bcrypt ? [] : [`${why}, and is imported without a password: ${remedy}`]),
      ...(email === undefined || usable
        ? []
        : ['is imported without the address, which is not valid here']),
      ...(notes ?? []),
    ],
  }
}

/**
 * The name there, or one that is near it: without accents, with hyphens for what no name may hold. A
 * name that is too short gives way to the address.
 */
function nameOf({ name, email }: ForeignUser): string | undefined {
  const fits = (text: string) => username().safeParse(text).success
  const candidates = [name, email].filter((text) => text !== undefined)
  const near = candidates.map((text) =>
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^A-Za-z0-9._@+-]+/g, '-'),
  )
  const named = near.filter((text) => /[A-Za-z0-9]/.test(text))
  return [...candidates.slice(0, 1), ...named].find(fits)
}

function timeOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const isNumber = typeof value === 'number' || /^\d+(?:\.\d+)?$/.test(String(value))
  // Seconds, as some tools of AWS write them, are too small to be milliseconds.
  const number = Number(value)
  const date = new Date(isNumber ? (number < 1e11 ? number * 1000 : number) : String(value))
  return date.getTime() >= 0 ? date.toISOString() : undefined
}

import {
  type Fields,
  type ForeignExport,
  fieldsOf,
  isSome,
  isTrue,
  listOf,
  recordsOf,
  textOf,
} from './foreign.ts'

/**
 * Rows of `auth.users` as CSV or JSON, or the answers of the admin API's list of users, which hold no
 * hashes. The column `factors` is one that the query of docs/export.md adds.
 *
 * @see https://supabase.com/docs/guides/auth/managing-user-data
 */
export function fromSupabase(text: string): ForeignExport {
  const rows = recordsOf(text).flatMap((one) =>
    'users' in one ? listOf(one.users).map(fieldsOf) : [one],
  )
  const now = Date.now()
  const users = rows.map((user, index) => ({
    where: `user ${index + 1}`,
    email: textOf(user.email),
    emailVerified: textOf(user.email_confirmed_at) !== undefined,
    hash: textOf(user.encrypted_password),
    disabled: isBanned(user, now),
    createdAt: user.created_at,
    factor: hasFactor(user.factors),
    left: textOf(user.deleted_at)
      ? 'was deleted there'
      : isTrue(user.is_anonymous)
        ? 'is anonymous'
        : undefined,
  }))
  const tells = rows.some((user) => 'factors' in user)
  const notes = tells ? [] : ['The file does not tell who had a second factor.']
  return { users, notes }
}

/** A ban has an end, or is for `infinity`, as PostgreSQL writes it. */
function isBanned(user: Fields, now: number): boolean {
  const until = textOf(user.banned_until)
  return until !== undefined && !(Date.parse(until) <= now)
}

/** `factors` is a list, a count or a truth value, as a query writes it. */
function hasFactor(factors: unknown): boolean {
  if (Array.isArray(factors)) return factors.some((one) => fieldsOf(one).status === 'verified')
  return isSome(factors)
}

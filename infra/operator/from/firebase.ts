import {
  bcryptOf,
  csvRows,
  type ForeignExport,
  fieldsOf,
  isJson,
  isTrue,
  jsonOf,
  listOf,
  textOf,
} from './foreign.ts'

/** The columns of its CSV, which has no header. */
const columns = {
  email: 1,
  emailVerified: 2,
  passwordHash: 3,
  createdAt: 23,
  disabled: 26,
} as const

/**
 * What `firebase auth:export` writes, as JSON or CSV. Its own hashes are of a scrypt that is made with
 * a key of the project; bcrypt hashes are in the files that `auth:import` takes.
 *
 * @see https://firebase.google.com/docs/cli/auth#file_format
 */
export function fromFirebase(text: string): ForeignExport {
  const records = isJson(text)
    ? jsonOf(text).flatMap((value) => listOf(fieldsOf(value).users ?? [value]).map(fieldsOf))
    : csvRows(text).map((row) =>
        Object.fromEntries(Object.entries(columns).map(([name, at]) => [name, row[at]])),
      )
  const users = records.map((user, index) => ({
    where: `user ${index + 1}`,
    email: textOf(user.email),
    emailVerified: isTrue(user.emailVerified),
    hash: hashOf(textOf(user.passwordHash)),
    disabled: isTrue(user.disabled),
    createdAt: user.createdAt,
    factor: listOf(user.mfaInfo).length > 0,
  }))
  const tells = records.some((user) => 'mfaInfo' in user)
  const notes = tells
    ? []
    : ['`firebase auth:export` does not tell who had a second factor (`mfaInfo`).']
  return { users, notes }
}

function hashOf(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString()
  return bcryptOf(encoded) ?? bcryptOf(decoded) ?? encoded
}

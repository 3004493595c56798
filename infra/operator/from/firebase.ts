import {
  bcryptOf,
  type ForeignExport,
  fieldsOf,
  isJson,
  isTrue,
  jsonOf,
  listOf,
  textOf,
} from './foreign.ts'

/**
 * What `firebase auth:export` writes, as JSON. Its own hashes are of a scrypt that is made with a key
 * of the project; bcrypt hashes are in the files that `auth:import` takes.
 *
 * @see https://firebase.google.com/docs/cli/auth#file_format
 * @throws Error for CSV: quotes and line breaks are not escaped there, so that the name that somebody
 *   chose could end its row, and write another with a verified address
 */
export function fromFirebase(text: string): ForeignExport {
  if (!isJson(text))
    throw new Error('is not JSON: `firebase auth:export` writes CSV in which names can forge users')
  const records = jsonOf(text).flatMap((value) =>
    listOf(fieldsOf(value).users ?? [value]).map(fieldsOf),
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

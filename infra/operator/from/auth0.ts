import {
  bcryptOf,
  type Fields,
  type ForeignExport,
  fieldsOf,
  isJson,
  isSome,
  isTrue,
  listOf,
  recordsOf,
  textOf,
} from './foreign.ts'

/**
 * What support sends (NDJSON with `passwordHash`), what the export job writes (NDJSON or CSV, without
 * hashes), and the schema of the bulk import.
 *
 * @see https://support.auth0.com/center/s/article/How-to-Use-the-Password-Hashes-Export-from-Auth0
 * @see https://auth0.com/docs/manage-users/user-migration/bulk-user-import-schema
 */
export function fromAuth0(text: string): ForeignExport {
  const records = isJson(text) ? recordsOf(text) : recordsOf(text).map(unmarked)
  const tells = records.some((user) => 'mfa_factors' in user || 'multifactor' in user)
  const users = records.map((user, index) => {
    const identifiers = listOf(user.identifiers).map(fieldsOf)
    const address = identifiers.find(({ type }) => type === 'email')
    const named = identifiers.find(({ type }) => type === 'username')
    return {
      where: `user ${index + 1}`,
      name: textOf(user.username) ?? textOf(user.Username) ?? textOf(named?.value),
      email: textOf(user.email) ?? textOf(user.Email) ?? textOf(address?.value),
      emailVerified: isTrue(user.email_verified ?? user['Email Verified'] ?? address?.verified),
      hash: hashOf(user),
      disabled: isTrue(user.blocked ?? user.Blocked),
      createdAt: user.created_at ?? user['Created At'] ?? fieldsOf(user.password_set_date).$date,
      factor: isSome(user.mfa_factors) || isSome(user.multifactor),
    }
  })
  const notes = tells ? [] : ['The file does not tell who had a second factor.']
  return { users, notes }
}

/** Its CSV has a quote before each text, also before the names of columns. */
function unmarked(row: Fields): Fields {
  const without = (text: string) => text.replace(/^'/, '')
  const cells = Object.entries(row).map(([name, value]) => [without(name), without(String(value))])
  return Object.fromEntries(cells)
}

function hashOf(user: Fields): string | undefined {
  const { algorithm, hash } = fieldsOf(user.custom_password_hash)
  const other = algorithm === 'bcrypt' ? fieldsOf(hash).value : algorithm
  return textOf(user.passwordHash) ?? textOf(user.password_hash) ?? bcryptOf(other) ?? textOf(other)
}

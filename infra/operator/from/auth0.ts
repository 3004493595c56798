import {
  bcryptOf,
  type Fields,
  type ForeignExport,
  fieldsOf,
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
  const records = recordsOf(text)
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
      factor: listOf(user.mfa_factors).length > 0 || listOf(user.multifactor).length > 0,
    }
  })
  const notes = tells ? [] : ['The file does not tell who had a second factor.']
  return { users, notes }
}

function hashOf(user: Fields): string | undefined {
  const { algorithm, hash } = fieldsOf(user.custom_password_hash)
  const other = algorithm === 'bcrypt' ? fieldsOf(hash).value : algorithm
  return textOf(user.passwordHash) ?? textOf(user.password_hash) ?? bcryptOf(other) ?? textOf(other)
}

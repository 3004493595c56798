import {
  type Fields,
  type ForeignExport,
  fieldsOf,
  isTrue,
  jsonOf,
  listOf,
  textOf,
} from './foreign.ts'

/** The password, and the earlier ones, which it must not become again. */
const isPassword = /^password(?:-history)?$/

/**
 * What `kc.sh export` writes: a realm with its users, or files of users alone. Keycloak hashes by
 * argon2 or PBKDF2; there is bcrypt where an extension brings it.
 *
 * @see https://www.keycloak.org/server/importExport
 */
export function fromKeycloak(text: string): ForeignExport {
  const all = jsonOf(text).flatMap((realm) => listOf(fieldsOf(realm).users).map(fieldsOf))
  const users = all.map((user, index) => {
    const credentials = listOf(user.credentials).map(fieldsOf)
    const password = credentials.find(({ type }) => type === 'password')
    return {
      where: `user ${index + 1}`,
      name: textOf(user.username),
      email: textOf(user.email),
      emailVerified: isTrue(user.emailVerified),
      hash: password && hashOf(password),
      disabled: user.enabled === false,
      createdAt: user.createdTimestamp,
      factor: isTrue(user.totp) || credentials.some(({ type }) => !isPassword.test(String(type))),
      left: textOf(user.serviceAccountClientId) && 'is the account of a service',
    }
  })
  return { users, notes: [] }
}

/** The two `…Data` are JSON as text; versions before 8 had their members beside each other. */
function hashOf({ secretData, credentialData, hashedSaltedValue, algorithm }: Fields) {
  const { value } = parsed(secretData)
  const { algorithm: name } = parsed(credentialData)
  return textOf(value) ?? textOf(hashedSaltedValue) ?? textOf(name) ?? textOf(algorithm)
}

function parsed(text: unknown): Fields {
  try {
    return fieldsOf(typeof text === 'string' ? JSON.parse(text) : text)
  } catch {
    return {}
  }
}

import {
  type Fields,
  type ForeignExport,
  fieldsOf,
  isTrue,
  listOf,
  recordsOf,
  textOf,
} from './foreign.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The answer of `aws cognito-idp list-users`, answers of `admin-get-user` (which alone tell of second
 * factors), or the CSV of its user import. Cognito gives no hashes away.
 *
 * @see https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
 */
export function fromCognito(text: string): ForeignExport {
  const records = recordsOf(text)
  const all = records.flatMap((one) => ('Users' in one ? listOf(one.Users).map(fieldsOf) : [one]))
  const users = all.map((user, index) => {
    const attributes = attributesOf(user)
    const name = textOf(user.Username) ?? textOf(user['cognito:username'])
    const email = textOf(attributes.email)
    // Where people sign in by their address, the name is an id that nobody knows.
    const isId = name !== undefined && uuid.test(name)
    return {
      where: `user ${index + 1}`,
      name: isId ? (textOf(attributes.preferred_username) ?? (email ? undefined : name)) : name,
      email,
      emailVerified: isTrue(attributes.email_verified),
      disabled: user.Enabled === false,
      createdAt: user.UserCreateDate,
      factor: hasFactor(user),
    }
  })
  const tells = all.some((user) => 'UserMFASettingList' in user || 'cognito:mfa_enabled' in user)
  const notes = tells
    ? []
    : ['`list-users` does not tell who had a second factor; `admin-get-user` does.']
  return { users, notes }
}

/** Pairs in the answers; the CSV has a column for each. */
function attributesOf(user: Fields): Fields {
  const pairs = listOf(user.Attributes ?? user.UserAttributes).map(fieldsOf)
  return pairs.length === 0
    ? user
    : Object.fromEntries(pairs.map(({ Name, Value }) => [String(Name), Value]))
}

function hasFactor(user: Fields): boolean {
  return (
    listOf(user.UserMFASettingList).length > 0 ||
    listOf(user.MFAOptions).length > 0 ||
    isTrue(user['cognito:mfa_enabled'])
  )
}

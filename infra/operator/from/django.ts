import {
  bcryptOf,
  type Fields,
  type ForeignExport,
  fieldsOf,
  isTrue,
  jsonOf,
  textOf,
} from './foreign.ts'

/** The models that hold second factors: of django-otp and its kin, and of django-allauth. */
const factorModels = /^(?:otp_\w+\.\w*device|two_factor\.\w*device|mfa\.authenticator)$/

const silent =
  'The file does not tell who had a second factor: dump otp_totp, otp_static and mfa as well.'
const unmatched =
  'Some second factors in the file are of none of its users: dump them without --natural-primary, or with --natural-foreign.'

/**
 * What `manage.py dumpdata` writes: the users (of any model that has a password), and beside them,
 * where they are dumped too, the addresses of django-allauth and the devices of second factors.
 * Django itself does not verify addresses.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/django-admin/#dumpdata
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/
 */
export function fromDjango(text: string): ForeignExport {
  const all = jsonOf(text).map((object) => {
    const { model, pk, fields } = fieldsOf(object)
    return { model: String(model), pk, fields: fieldsOf(fields) }
  })
  const verified = new Set(
    all
      .filter(({ model, fields }) => model === 'account.emailaddress' && isTrue(fields.verified))
      .map(({ fields }) => `${named(fields.user)} ${String(fields.email).toLowerCase()}`),
  )
  const factors = all.filter(({ model }) => factorModels.test(model))
  const withFactor = new Set(
    factors
      .filter(({ fields }) => fields.confirmed !== false)
      .map(({ fields }) => named(fields.user)),
  )
  const people = all
    .filter(({ fields }) => typeof fields.password === 'string')
    .map((user, index) => ({ ...user, where: `user ${index + 1}`, names: namesOf(user) }))
  const users = people.map(({ where, names, fields }) => ({
    where,
    name: textOf(fields.username),
    email: textOf(fields.email),
    emailVerified: names.some((name) =>
      verified.has(`${name} ${String(fields.email).toLowerCase()}`),
    ),
    hash: hashOf(String(fields.password)),
    disabled: fields.is_active === false,
    createdAt: fields.date_joined,
    factor: names.some((name) => withFactor.has(name)),
    notes: isTrue(fields.is_superuser)
      ? ['was a superuser there, and is a member here: `npm run admin -- set-role`']
      : [],
  }))
  const known = new Set(people.flatMap(({ names }) => names))
  const lost = [...withFactor].some((name) => !known.has(name))
  const notes = [...(factors.length > 0 ? [] : [silent]), ...(lost ? [unmatched] : [])]
  return { users, notes }
}

/** How other objects name a user: by its key or, of `--natural-foreign`, by what it signs in with. */
function namesOf({ pk, fields }: { pk: unknown; fields: Fields }): readonly string[] {
  return [named(pk), named([fields.username ?? fields.email])]
}

/** A list is a natural key: somebody may have the name that is another's key. */
function named(user: unknown): string {
  return JSON.stringify(Array.isArray(user) ? user.map(String) : String(user))
}

/** `bcrypt$` and the hash; `bcrypt_sha256$` is one of a digest, and `!` begins what admits nobody. */
function hashOf(password: string): string | undefined {
  if (password === '' || password.startsWith('!')) return undefined
  return (password.startsWith('bcrypt$') && bcryptOf(password.slice(7))) || password
}

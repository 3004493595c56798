import { bcryptOf, type ForeignExport, fieldsOf, isTrue, jsonOf, textOf } from './foreign.ts'

/** The models that hold second factors: of django-otp and its kin, and of django-allauth. */
const factorModels = /^(?:otp_\w+\.\w*device|two_factor\.\w*device|mfa\.authenticator)$/

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
    return { model: String(model), pk: String(pk), fields: fieldsOf(fields) }
  })
  const verified = new Set(
    all
      .filter(({ model, fields }) => model === 'account.emailaddress' && isTrue(fields.verified))
      .map(({ fields }) => `${fields.user} ${String(fields.email).toLowerCase()}`),
  )
  const withFactor = new Set(
    all
      .filter(({ model, fields }) => factorModels.test(model) && fields.confirmed !== false)
      .map(({ fields }) => String(fields.user)),
  )
  const users = all
    .filter(({ fields }) => typeof fields.password === 'string')
    .map(({ pk, fields }, index) => ({
      where: `user ${index + 1}`,
      name: textOf(fields.username),
      email: textOf(fields.email),
      emailVerified: verified.has(`${pk} ${String(fields.email).toLowerCase()}`),
      hash: hashOf(String(fields.password)),
      disabled: fields.is_active === false,
      createdAt: fields.date_joined,
      factor: withFactor.has(pk),
      notes: isTrue(fields.is_superuser)
        ? ['was a superuser there, and is a member here: `npm run admin -- set-role`']
        : [],
    }))
  return { users, notes: [] }
}

/** `bcrypt$` and the hash; `bcrypt_sha256$` is one of a digest, and `!` begins what admits nobody. */
function hashOf(password: string): string | undefined {
  if (password === '' || password.startsWith('!')) return undefined
  return (password.startsWith('bcrypt$') && bcryptOf(password.slice(7))) || password
}

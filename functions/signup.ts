import { createAccount } from './accounts/accounts.ts'
import { users } from './accounts/users.ts'
import { refuseUsername } from './auth/passwords/password-rules.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { admit, signupCounters } from './auth/throttle.ts'
import { made } from './crud/view.ts'
import { bind, pipeline } from './http/pipeline.ts'
import { securityEvent } from './invocation/security-events.ts'
import { basePath } from './model/route.ts'
import { signup } from './routes/signup-routes.ts'

export const handler = pipeline([
  bind(signup, async (request) => {
    const { username, password } = request.body
    refuseUsername(username, password, '/password')
    await admit(signupCounters(request.address), (budget) =>
      securityEvent('signup_throttled', request, { budget }),
    )
    const hash = await hashPassword(password)
    const { user, failure } = await createAccount({ username, hash, role: 'member' })
    if (failure) throw failure
    securityEvent('signed_up', request, { userId: String(user.id) })
    return made(users, user, request.root + basePath + users.collectionPath)
  }),
])

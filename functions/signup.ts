import { refuseUsername } from './auth/password-rules.ts'
import { hashPassword } from './auth/passwords.ts'
import { signup } from './auth/signup-routes.ts'
import { admit, signupCounters } from './auth/throttle.ts'
import { made } from './crud/view.ts'
import { bind, pipeline } from './http/pipeline.ts'
import { basePath } from './http/route.ts'
import { securityEvent } from './invocation/security-events.ts'
import { users } from './resources/users.ts'
import { createAccount } from './store/accounts.ts'

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

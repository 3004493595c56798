import { createAccount, newAccount } from './accounts/accounts.ts'
import { users } from './accounts/users.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { limitAttempt, signupCounters } from './auth/throttle.ts'
import { createdReply } from './crud/serialize.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import { securityEvent } from './invocation/security-events.ts'
import { Problem } from './model/problems.ts'
import { basePath } from './model/route.ts'
import { signup } from './routes/signup-routes.ts'

export const handler = pipeline([
  bind(signup, async (request) => {
    const { username, password } = request.body
    refuseContextWords({ username }, password, '/password')
    await limitAttempt(signupCounters(request.address), (budget) =>
      securityEvent('signup_throttled', request, { budget }),
    )
    const hash = await hashPassword(password)
    const account = newAccount({ username, hash, role: 'member' })
    const failure = await createAccount(account)
    if (failure) throw new Problem(failure)
    securityEvent('signed_up', request, { userId: account.user.id })
    return createdReply(users, account.user, request.root + basePath + users.collectionPath)
  }),
])

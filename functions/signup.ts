import { createAccount, newAccount } from './accounts/accounts.ts'
import { users } from './accounts/users.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { limitAttempt, networkOf, signupCounters } from './auth/throttle.ts'
import { createdReply } from './crud/serialize.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import { securityEvent } from './invocation/security-events.ts'
import { outboxSteps } from './mail/outbox.ts'
import { Problem } from './model/problems.ts'
import { basePath } from './model/route.ts'
import { signup } from './routes/signup-routes.ts'

export const handler = pipeline([
  bind(signup, async (request) => {
    const { username, password, email } = request.body
    await limitAttempt(signupCounters(request.address), (budget) =>
      securityEvent('signup_throttled', request, { budget }),
    )
    const hash = await hashPassword(password)
    const account = newAccount({ username, hash, role: 'member', ...(email && { email }) })
    const { id: userId } = account.user
    const mail = { purpose: 'verify', userId, to: email ?? '', version: 0 } as const
    const steps = email ? outboxSteps(mail, { network: networkOf(request.address) }) : []
    const failure = await createAccount(account, steps)
    if (failure) throw new Problem(failure)
    securityEvent('signed_up', request, { userId })
    return createdReply(users, account.user, request.root + basePath + users.collectionPath)
  }),
])

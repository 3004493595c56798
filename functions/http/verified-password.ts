import { readAccount } from '../accounts/account-changes.ts'
import type { Account } from '../accounts/accounts.ts'
import { verifyPassword } from '../auth/passwords/passwords.ts'
import { limitAttempt } from '../auth/throttle.ts'
import { securityEvent } from '../invocation/security-events.ts'
import { Problem } from '../model/problems.ts'
import { retryOnConflict } from '../store/dynamodb.ts'
import { byCaller, type Principal } from './principal.ts'
import type { Request } from './request.ts'

/**
 * The account of a caller whose password was right. Wrong tries are counted by session: a signed-in
 * device has a budget of its own here as it has at login, so that nobody who floods the account
 * keeps its owner from changing the password.
 * @throws Problem wrong_password or too_many_requests
 */
export async function verifiedPassword(
  request: Request<unknown, unknown, Principal>,
  password: string,
  event: 'password' | 'reauthentication',
): Promise<Account> {
  const { userId, sessionId } = request.principal
  const subject = { userId, sessionId }
  const attempt = await limitAttempt([{ budget: 'device', of: [userId, sessionId] }], (budget) =>
    securityEvent(`${event}_throttled`, request, { ...subject, budget }),
  )
  const account = await byCaller(retryOnConflict(() => readAccount(userId)))
  if (!(await verifyPassword(password, account.credentials.hash))) {
    securityEvent(`${event}_refused`, request, subject)
    throw new Problem('wrong_password')
  }
  await attempt.succeeded()
  return account
}

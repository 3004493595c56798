import { readAccount } from './accounts/account-changes.ts'
import { changeEmailAddress, verifyEmailAddress } from './accounts/email.ts'
import { endedEvents } from './accounts/end-all.ts'
import { byLink, openLink } from './accounts/mail-links.ts'
import { resetPasswordOf } from './accounts/reset-password.ts'
import { undoChange } from './accounts/undo-change.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { limitAttempt, networkOf } from './auth/throttle.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import { byCaller, type Principal } from './http/principal.ts'
import { accepted, noContent, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { securityEvent } from './invocation/security-events.ts'
import { outboxSteps } from './mail/outbox.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import * as routes from './routes/email-routes.ts'
import { retryOnConflict, transact } from './store/dynamodb.ts'

/** Does what links in mails are for, and has them sent: the one function that knows their keys. */
export const handler = pipeline([
  bind(routes.forgotPassword, forgotPassword),
  bind(routes.resetPassword, resetPassword),
  bind(routes.changeEmail, changeEmail),
  bind(routes.verifyEmail, verifyEmail),
  bind(routes.undo, undo),
])

/** The address is not looked up here: the request is written down, whoever has the address. */
async function forgotPassword(
  request: Request<BodyOf<typeof routes.forgotPassword>>,
): Promise<Reply> {
  const network = networkOf(request.address)
  await limitAttempt([{ budget: 'forgot', of: [network], kept: true }], (budget) =>
    securityEvent('reset_throttled', request, { budget }),
  )
  await transact(outboxSteps({ purpose: 'forgot', to: request.body.email }, { network }))
  securityEvent('reset_requested', request)
  return accepted()
}

async function resetPassword(
  request: Request<BodyOf<typeof routes.resetPassword>>,
): Promise<Reply> {
  const { token, newPassword } = request.body
  const link = await openLink('reset', token)
  if (!link) throw new Problem('invalid_link')
  const { userId, version } = link
  const account = await byLink(retryOnConflict(() => readAccount(userId)))
  if (account.credentials.version !== version) throw new Problem('invalid_link')
  refuseContextWords(account.user, newPassword, '/newPassword')
  const ended = await resetPasswordOf(userId, await hashPassword(newPassword), version)
  securityEvent('password_reset', request, { userId })
  for (const [event, count] of endedEvents(ended)) securityEvent(event, request, { userId, count })
  return noContent()
}

async function changeEmail(
  request: Request<BodyOf<typeof routes.changeEmail>, unknown, Principal>,
): Promise<Reply> {
  const { userId } = request.principal
  const network = networkOf(request.address)
  await byCaller(changeEmailAddress(userId, request.body.email, network))
  securityEvent('email_change_requested', request, { userId })
  return accepted()
}

async function verifyEmail(request: Request<BodyOf<typeof routes.verifyEmail>>): Promise<Reply> {
  const link = await openLink('verify', request.body.token)
  if (!link) throw new Problem('invalid_link')
  await verifyEmailAddress(link)
  securityEvent('email_verified', request, { userId: link.userId })
  return noContent()
}

async function undo(request: Request<BodyOf<typeof routes.undo>>): Promise<Reply> {
  const link = await openLink('undo', request.body.token)
  if (!link) throw new Problem('invalid_link')
  const { userId } = link
  const ended = await undoChange(link)
  securityEvent('change_undone', request, { userId })
  for (const [event, count] of endedEvents(ended)) securityEvent(event, request, { userId, count })
  return noContent()
}

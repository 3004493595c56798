import { hash } from 'node:crypto'
import {
  type AccountChange,
  changeAccount,
  deleteAccount,
  readAccount,
} from './accounts/account-changes.ts'
import { createAccount, newAccount } from './accounts/accounts.ts'
import { verifiedAddress } from './accounts/addresses.ts'
import { readCredentials } from './accounts/credentials.ts'
import { endedEvents } from './accounts/end-all.ts'
import { type newUser, users } from './accounts/users.ts'
import { refuseContextWords } from './auth/passwords/password-rules.ts'
import { hashPassword, verifyPassword } from './auth/passwords/passwords.ts'
import { limitAttempt } from './auth/throttle.ts'
import { type Action, actions } from './crud/actions.ts'
import { idempotencyStep, replay } from './crud/idempotency.ts'
import { pageReply, parseListRequest } from './crud/page.ts'
import { itemKey } from './crud/path-keys.ts'
import { createdReply, itemReply, serialize } from './crud/serialize.ts'
import { bind } from './http/binding.ts'
import { precondition } from './http/etag.ts'
import { pipeline } from './http/pipeline.ts'
import { callerOf, type Principal } from './http/principal.ts'
import { accepted, noContent, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { securityEvent } from './invocation/security-events.ts'
import { outboxSteps, sendsMail } from './mail/outbox.ts'
import { covers } from './model/covers.ts'
import type { Operation } from './model/declaration.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import { usernameKey } from './model/usernames.ts'
import { meRoutes, setPassword } from './routes/user-routes.ts'
import { retryOnConflict, transact } from './store/dynamodb.ts'
import { readItem } from './store/items.ts'

/** The operations where a user is more than an item: credentials, sessions and roles hang on it. */
const accountActions: Readonly<Record<Operation, Action>> = {
  ...actions,
  list: (_, request) => list(request),
  create: (_, request) => create(request as Request<NewUser>),
  patch: (_, request) => patch(request as Request<AccountChange>),
  remove: (_, request) => remove(request),
}

export const handler = pipeline([
  ...users.routes.map((route) =>
    bind(
      route,
      (request) => accountActions[route.operation](users, request),
      guard(route.operation),
    ),
  ),
  ...meRoutes.map((route) =>
    bind(route, (request) => accountActions[route.operation](users, own(request))),
  ),
  bind(setPassword, setUserPassword),
])

type NewUser = BodyOf<{ body: typeof newUser }>

/** A caller who is not an admin learns nothing of others, whatever is sent. */
function guard(operation: Operation) {
  if (operation === 'list' || operation === 'create') return undefined
  return (caller: Principal, { userId }: Request['params']) => {
    if (userId !== caller.userId && !isAdmin(caller)) throw new Problem('not_found')
  }
}

function own(request: Request): Request {
  return { ...request, params: { userId: callerOf(request).userId } }
}

/** @throws Problem 404 for what cannot be the id of a user */
function idOf(request: Request): string {
  return String(itemKey(users, request).id)
}

function isAdmin(caller: Principal): boolean {
  return covers(caller.scopes, 'users:admin')
}

/** The credentials tell who has a username, which is their key. */
async function list(request: Request): Promise<Reply> {
  const asked = await parseListRequest(users, request)
  const username = asked.plan.exact.username
  if (username === undefined) return actions.list(users, request)
  const credentials = await readCredentials(usernameKey(String(username)))
  const user = credentials && (await readItem(users, { id: credentials.userId }))
  return pageReply(asked, request, user ? [serialize(users, user)] : [], null)
}

async function create(request: Request<NewUser>): Promise<Reply> {
  const { username, password, role = 'member' } = request.body
  const account = newAccount({ username, hash: await hashPassword(password), role })
  const { user } = account
  const reply = createdReply(users, user, request.root + request.path())
  const repeatable = request.idempotencyKey !== undefined
  const print = repeatable ? await hashPassword(bodyDigest(request)) : ''
  const failure = await createAccount(account, idempotencyStep(users, request, {}, reply, print))
  const matches = (stored: string) => verifyPassword(bodyDigest(request), stored)
  if (failure === 'repeated') return replay(users, request, {}, { matches })
  if (failure) throw new Problem(failure)
  securityEvent('user_created', request, { userId: user.id, by: callerOf(request).userId })
  return reply
}

/** The body holds a password: what is stored of it must be as slow to guess at as the hash. */
function bodyDigest({ rawBody }: Request): string {
  return hash('sha256', rawBody, 'base64')
}

async function patch(request: Request<AccountChange>): Promise<Reply> {
  const change = request.body
  const caller = callerOf(request)
  const userId = idOf(request)
  if (Object.keys(change).length === 0) return actions.patch(users, request)
  if ((change.role !== undefined || change.disabled !== undefined) && !isAdmin(caller))
    throw new Problem('forbidden', 'Only an admin may change `role` or `disabled`.')
  if (change.username !== undefined && userId === caller.userId)
    await limitAttempt([{ budget: 'rename', of: [userId] }], (budget) =>
      securityEvent('rename_throttled', request, { userId, budget }),
    )
  const { before, user, ended } = await changeAccount(userId, change, {
    precondition: precondition(users, request),
  })
  const subject = { userId, by: caller.userId }
  if (user.username !== before.username) securityEvent('user_renamed', request, subject)
  if (user.role !== before.role)
    securityEvent('role_changed', request, { ...subject, role: user.role })
  if (user.disabled !== before.disabled)
    securityEvent(user.disabled ? 'user_disabled' : 'user_enabled', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return itemReply(users, user)
}

async function remove(request: Request): Promise<Reply> {
  const userId = idOf(request)
  const ended = await deleteAccount(userId, precondition(users, request))
  const subject = { userId, by: callerOf(request).userId }
  securityEvent('user_deleted', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return noContent()
}

async function setUserPassword(
  request: Request<BodyOf<typeof setPassword>, unknown, Principal>,
): Promise<Reply> {
  const userId = idOf(request)
  const { user, credentials } = await retryOnConflict(() => readAccount(userId))
  const subject = { userId, by: request.principal.userId }
  const address = sendsMail() ? verifiedAddress(credentials) : undefined
  const { newPassword } = request.body
  if (newPassword === undefined) {
    if (address === undefined) throw new Problem('no_address')
    await transact(outboxSteps({ purpose: 'reset', userId, to: address }))
    securityEvent('reset_requested', request, subject)
    return accepted()
  }
  refuseContextWords(user, newPassword, '/newPassword')
  if (address !== undefined) throw new Problem('has_address')
  const { ended } = await changeAccount(
    userId,
    { hash: await hashPassword(newPassword) },
    {
      // It may have been verified since.
      also: ({ before }) => {
        if (sendsMail() && verifiedAddress(before)) throw new Problem('has_address')
        return []
      },
    },
  )
  securityEvent('password_changed', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return noContent()
}

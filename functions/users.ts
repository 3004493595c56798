import { type AccountChange, changeAccount, deleteAccount } from './accounts/account-changes.ts'
import { createAccount } from './accounts/accounts.ts'
import { users } from './accounts/users.ts'
import { refuseUsername } from './auth/passwords/password-rules.ts'
import { hashPassword } from './auth/passwords/passwords.ts'
import { type Action, actions } from './crud/actions.ts'
import { ifMatch } from './crud/etag.ts'
import { once, repeated, replay } from './crud/idempotency.ts'
import { found, itemKey, made } from './crud/view.ts'
import { bind, pipeline } from './http/pipeline.ts'
import type { Principal } from './http/principal.ts'
import { noContent, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { securityEvent } from './invocation/security-events.ts'
import type { Operation } from './model/operations.ts'
import { Problem } from './model/problems.ts'
import { covers, type Role } from './model/scopes.ts'
import { ownRoutes, setPassword } from './routes/user-routes.ts'
import { readMatching } from './store/items.ts'

/** The operations where a user is more than an item: credentials, sessions and roles hang on it. */
const accountActions: Readonly<Record<Operation, Action>> = {
  ...actions,
  create: (_, request) => create(request),
  patch: (_, request) => patch(request),
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
  ...ownRoutes.map((route) =>
    bind(route, (request) => accountActions[route.operation](users, own(request))),
  ),
  bind(setPassword, setUserPassword),
])

/** Who is not an admin learns nothing of others, whatever is sent. */
function guard(operation: Operation) {
  if (operation === 'list' || operation === 'create') return undefined
  return (caller: Principal, { userId }: Request['params']) => {
    if (userId !== caller.userId && !isAdmin(caller)) throw new Problem('not_found')
  }
}

function own(request: Request): Request {
  return { ...request, params: { userId: request.principal.userId } }
}

/** @throws Problem 404 for what cannot be the id of a user */
function idOf(request: Request): string {
  return String(itemKey(users, request).id)
}

function isAdmin(caller: Principal): boolean {
  return covers(caller.scopes, 'users:admin')
}

async function create(request: Request): Promise<Reply> {
  const { username, password, role = 'member' } = request.body as NewUser
  refuseUsername(username, password, '/password')
  const hash = await hashPassword(password)
  let reply: Reply | undefined
  const { user, failure } = await createAccount({ username, hash, role }, (item) => {
    reply = made(users, item, request.root + request.path())
    return once(users, request, reply)
  })
  if (failure === repeated) return replay(users, request)
  if (failure || !reply) throw failure
  securityEvent('user_created', request, { userId: String(user.id), by: request.principal.userId })
  return reply
}

interface NewUser {
  readonly username: string
  readonly password: string
  readonly role?: Role
}

async function patch(request: Request): Promise<Reply> {
  const change = request.body as AccountChange
  const userId = idOf(request)
  if (Object.keys(change).length === 0) return actions.patch(users, request)
  if ((change.role !== undefined || change.disabled !== undefined) && !isAdmin(request.principal))
    throw new Problem('forbidden', 'Only an admin changes role and disabled.')
  const { before, user, ended } = await changeAccount(userId, change, {
    ifMatch: ifMatch(request),
  })
  const subject = { userId, by: request.principal.userId }
  if (user.role !== before.role)
    securityEvent('role_changed', request, { ...subject, role: user.role as Role })
  if (user.disabled !== before.disabled)
    securityEvent(user.disabled ? 'user_disabled' : 'user_enabled', request, subject)
  if (ended > 0) securityEvent('sessions_ended', request, { ...subject, count: ended })
  return found(users, user)
}

async function remove(request: Request): Promise<Reply> {
  const userId = idOf(request)
  await deleteAccount(userId, ifMatch(request))
  securityEvent('user_deleted', request, { userId, by: request.principal.userId })
  return noContent()
}

async function setUserPassword(request: Request<{ newPassword: string }>): Promise<Reply> {
  const userId = idOf(request)
  const user = await readMatching(users, { id: userId })
  refuseUsername(String(user.username), request.body.newPassword, '/newPassword')
  await changeAccount(userId, { hash: await hashPassword(request.body.newPassword) })
  securityEvent('password_changed', request, { userId, by: request.principal.userId })
  return noContent()
}

import { readAccount } from './accounts/account-changes.ts'
import { factorRequired, owesFactor } from './accounts/begin-session.ts'
import { endedEvents } from './accounts/end-all.ts'
import { type Factor, factorIdOf, readFactors } from './accounts/factor-rows.ts'
import * as factors from './accounts/factors.ts'
import { noticeTo } from './accounts/notices.ts'
import { type Proof, proofSteps } from './accounts/prove-factor.ts'
import { renewProof } from './accounts/sessions.ts'
import { readUsername } from './accounts/usernames.ts'
import { base32 } from './auth/factors/base32.ts'
import { codeDigits, stepSeconds } from './auth/factors/totp.ts'
import { type Attempt, limitAttempt, sessionFactorCounters } from './auth/throttle.ts'
import { bind } from './http/binding.ts'
import { pipeline } from './http/pipeline.ts'
import { byCaller, type Principal } from './http/principal.ts'
import { created, noContent, ok, type Reply } from './http/replies.ts'
import type { Request } from './http/request.ts'
import { verifiedPassword } from './http/verified-password.ts'
import { securityEvent } from './invocation/security-events.ts'
import { Problem } from './model/problems.ts'
import type { BodyOf } from './model/route.ts'
import { productName } from './resources/product.ts'
import * as routes from './routes/factor-routes.ts'
import { retryOnConflict, transact } from './store/dynamodb.ts'

type SignedIn<Body = unknown> = Request<Body, unknown, Principal>

export const handler = pipeline([
  bind(routes.listFactors, list),
  bind(routes.addTotp, add),
  bind(routes.confirmFactor, confirm),
  bind(routes.renewRecoveryCodes, renewCodes),
  bind(routes.removeFactor, remove),
  bind(routes.reauthenticate, reauthenticate),
])

async function list({ principal }: SignedIn): Promise<Reply> {
  const found = await readFactors(principal.userId)
  const recoveryCodesLeft = found.record?.codes?.macs.length ?? 0
  return ok({ items: found.factors.map(factorBody), recoveryCodesLeft })
}

/** A factor as its user sees it. */
function factorBody(factor: Factor) {
  const { kind, confirmed, createdAt, lastUsedAt } = factor
  return { id: factorIdOf(factor), kind, confirmed, createdAt, lastUsedAt }
}

async function add(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const username = await readUsername(userId)
  if (username === undefined) throw new Problem('unauthorized')
  const { factor, secret } = await factors.addFactor(userId, sessionId)
  const id = factorIdOf(factor)
  const text = base32(secret)
  const location = `${request.root}${request.path().replace(/totp$/, id)}`
  return created({ id, secret: text, uri: uriOf(username, text) }, { Location: location })
}

/** What apps read from a QR code: https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function uriOf(username: string, secret: string): string {
  const issuer = encodeURIComponent(productName)
  const label = `${issuer}:${encodeURIComponent(username)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${issuer}&algorithm=SHA1&digits=${codeDigits}&period=${stepSeconds}`
}

async function confirm(request: SignedIn<BodyOf<typeof routes.confirmFactor>>): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const subject = { userId, sessionId, factor: factorIn(request) }
  const attempt = await tried(request)
  const { codes, ended } = await loggingFailures(request, () =>
    factors.confirmFactor(userId, subject.factor, request.body.code, sessionId),
  )
  await attempt.succeeded()
  securityEvent('factor_added', request, subject)
  for (const [event, count] of endedEvents(ended))
    securityEvent(event, request, { ...subject, count })
  return ok({ recoveryCodes: codes })
}

async function renewCodes(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const recoveryCodes = await factors.renewRecoveryCodes(userId, sessionId)
  securityEvent('recovery_codes_made', request, { userId, sessionId })
  return ok({ recoveryCodes })
}

async function remove(request: SignedIn): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const factor = factorIn(request)
  const { confirmed } = await factors.removeFactor(userId, factor, sessionId)
  if (confirmed) securityEvent('factor_removed', request, { userId, sessionId, factor })
  return noContent()
}

function factorIn({ params }: SignedIn): string {
  return params.factorId ?? ''
}

/**
 * Ends with a fresh session, after a new proof of who the user is: by the second factor where there
 * is one.
 */
async function reauthenticate(
  request: SignedIn<BodyOf<typeof routes.reauthenticate>>,
): Promise<Reply> {
  const { userId, sessionId } = request.principal
  const { password, ...proof } = request.body
  if (password === undefined) await proveFactor(request, proof)
  else await provePassword(request, password)
  securityEvent('reauthenticated', request, { userId, sessionId })
  return noContent()
}

async function provePassword(request: SignedIn, password: string): Promise<void> {
  const { userId, sessionId } = request.principal
  const { credentials } = await byCaller(retryOnConflict(() => readAccount(userId)))
  if (owesFactor(credentials)) throw factorRequired()
  await verifiedPassword(request, password, 'reauthentication')
  if (await transact([renewProof(userId, sessionId)])) throw new Problem('unauthorized')
}

async function proveFactor(request: SignedIn, proof: Proof): Promise<void> {
  const { userId, sessionId } = request.principal
  const attempt = await tried(request)
  await loggingFailures(request, () =>
    retryOnConflict(async () => {
      const steps = await proofSteps(userId, await readFactors(userId), proof)
      if (!steps) throw new Problem('invalid_code')
      const notices =
        proof.recoveryCode === undefined ? [] : await noticeTo(userId, 'recovery_code_used')
      const renewal = renewProof(userId, sessionId)
      const failure = await transact<'used' | 'ended'>([...steps, renewal, ...notices])
      if (failure === 'ended') throw new Problem('unauthorized')
      return failure ? undefined : true
    }),
  )
  await attempt.succeeded()
  if (proof.recoveryCode !== undefined)
    securityEvent('recovery_code_used', request, { userId, sessionId })
}

/** Counts a try before its code is looked at. */
function tried(request: SignedIn): Promise<Attempt> {
  const { userId, sessionId } = request.principal
  return limitAttempt(sessionFactorCounters(userId, sessionId), (budget) =>
    securityEvent('factor_throttled', request, { userId, sessionId, budget }),
  )
}

/** Logs a security event for each wrong code. */
async function loggingFailures<Result>(request: SignedIn, proving: () => Promise<Result>) {
  const { userId, sessionId } = request.principal
  try {
    return await proving()
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_code')
      securityEvent('factor_failed', request, { userId, sessionId })
    throw error
  }
}

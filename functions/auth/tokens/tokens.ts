import { randomUUID } from 'node:crypto'
import * as jose from 'jose'
import type { Role } from '../../model/scopes.ts'
import { tokenCache } from './token-cache.ts'

/** The algorithms that access tokens may be signed with; one of them is configured and pinned. */
export const algorithms = ['ES256', 'EdDSA', 'RS256', 'HS256'] as const
export type Algorithm = (typeof algorithms)[number]

/** What an access token says, RFC 9068 with the session (`sid`) and the role. Times in seconds. */
export interface AccessClaims {
  readonly iss: string
  readonly aud: string
  readonly client_id: string
  readonly sub: string
  readonly sid: string
  readonly jti: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
  /** When the user last proved who they are. */
  readonly auth_time: number
  readonly scope: string
  readonly role: Role
}

/** A key with its id, and the one algorithm that it is for; private or secret where it signs. */
export interface KeyRecord {
  readonly kid: string
  readonly jwk: JWK
  readonly algorithm: Algorithm
}

/** What every token is checked against, besides its key; nothing in the token chooses any of it. */
export interface Expectation {
  readonly issuer: string
  readonly audience: string
}

export type JWK = jose.JWK

const type = 'at+jwt'
const texts = ['iss', 'aud', 'client_id', 'sub', 'sid', 'jti', 'scope', 'role'] as const
const times = ['iat', 'nbf', 'exp', 'auth_time'] as const
const requiredClaims = [...texts, ...times]

/** How long before its issue a token is good, for verifiers whose clocks are behind, seconds. */
const clockSkew = 30

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** How far the clocks of two functions may be apart, seconds. The expiry is checked exactly. */
const clockTolerance = 5

/** What the tokens seen lately said, and the key that each signature was verified with. */
const verified = tokenCache<{ readonly claims: AccessClaims; readonly key: KeyRecord }>(1000)

const imported = new WeakMap<jose.JWK, Promise<jose.CryptoKey | Uint8Array>>()

/** Signs an access token that begins now. */
export async function signAccessToken(
  key: KeyRecord,
  claims: Omit<AccessClaims, 'jti' | 'iat' | 'nbf'>,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new jose.SignJWT({ ...claims, jti: randomUUID(), iat: now, nbf: now - clockSkew })
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: type })
    .sign(await importKey(key))
}

/** The id of the key that a token says it was signed with; undefined where it names none. */
export function keyIdOf(token: string): string | undefined {
  const known = verified.recall(token)
  if (known) return known.key.kid
  try {
    const { kid } = jose.decodeProtectedHeader(token)
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

/**
 * Verifies signature, algorithm, type, issuer, audience, times and the presence of every claim.
 * @param key the key that `keyIdOf` names
 * @throws an error for any token that is not exactly as ours are; what is wrong is not for clients
 */
export async function verifyAccessToken(
  token: string,
  key: KeyRecord,
  expectation: Expectation,
): Promise<AccessClaims> {
  const known = verified.recall(token)
  if (known && fits(known.claims, expectation) && known.key === key) return known.claims
  if (!isCanonical(token)) throw new Error('the signature is not base64url')
  const { issuer, audience } = expectation
  const { payload, protectedHeader } = await jose.jwtVerify<AccessClaims>(
    token,
    await importKey(key),
    {
      algorithms: [key.algorithm],
      typ: type,
      issuer,
      audience,
      requiredClaims,
      clockTolerance,
    },
  )
  // Ours have no extensions; jose understands one (RFC 7797) that RFC 7519 tokens do not use.
  if (protectedHeader.crit) throw new Error('crit is for no token of ours')
  for (const claim of texts)
    if (typeof payload[claim] !== 'string') throw new Error(`${claim} must be one string`)
  for (const claim of ['sub', 'sid'] as const)
    if (!uuid.test(payload[claim])) throw new Error(`${claim} must be a UUID`)
  for (const claim of times)
    if (!Number.isInteger(payload[claim])) throw new Error(`${claim} must be whole seconds`)
  if (!fits(payload, expectation)) throw new Error('exp has passed')
  verified.remember(token, { claims: payload, key })
  return payload
}

/** The last character of a signature has bits to spare, which jose leaves unread. */
function isCanonical(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

/** What may have changed since a token was verified, apart from its key. */
function fits({ iss, aud, exp }: AccessClaims, { issuer, audience }: Expectation): boolean {
  return iss === issuer && aud === audience && exp * 1000 > Date.now()
}

/** A new key for the algorithm; the id is the thumbprint of the public part (RFC 7638). */
export async function generateKey(algorithm: Algorithm): Promise<KeyRecord> {
  if (algorithm === 'HS256') {
    const secret = await jose.generateSecret('HS256', { extractable: true })
    return {
      kid: randomUUID(),
      jwk: { ...(await jose.exportJWK(secret)), alg: algorithm },
      algorithm,
    }
  }
  const { privateKey } = await jose.generateKeyPair(algorithm, { extractable: true })
  const jwk = await jose.exportJWK(privateKey)
  const kid = await jose.calculateJwkThumbprint(publicPart(jwk))
  return { kid, jwk: { ...jwk, alg: algorithm }, algorithm }
}

/**
 * The part of an asymmetric key that may be published, member by member (RFC 7517).
 * @throws Error for a symmetric key, which has none
 */
export function publicPart(jwk: jose.JWK): jose.JWK {
  const members = publicMembers[jwk.kty ?? '']
  if (!members) throw new Error('Only an asymmetric key has a public part')
  return Object.fromEntries(members.map((name) => [name, jwk[name]]))
}

const publicMembers: Readonly<Record<string, readonly (keyof jose.JWK)[]>> = {
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
  RSA: ['kty', 'n', 'e'],
}

/** Imported once for each key object. @throws Error for an HMAC key of less than 256 bits */
function importKey({ jwk, algorithm }: KeyRecord): Promise<jose.CryptoKey | Uint8Array> {
  let result = imported.get(jwk)
  if (!result) {
    if (algorithm === 'HS256' && Buffer.from(jwk.k ?? '', 'base64url').length < 32)
      throw new Error('An HS256 key needs 256 bits or more')
    result = jose.importJWK(jwk, algorithm)
    imported.set(jwk, result)
  }
  return result
}

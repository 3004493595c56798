import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { createRequire } from 'node:module'
import * as jose from 'jose'
import {
  type Algorithm,
  algorithms,
  generateKey,
  publicPart,
  signAccessToken,
  verifyAccessToken,
} from '../../functions/auth/tokens/tokens.ts'
import { type Figures, interleaved, type Subject } from '../rounds.ts'

/** Microseconds of CPU time to verify and to sign an access token, by algorithm and library. */
export async function tokens(
  rounds: number,
): Promise<Readonly<Record<string, { verify: Figures; sign: Figures }>>> {
  const figures: Record<string, { verify: Figures; sign: Figures }> = {}
  for (const algorithm of algorithms) {
    const { verifiers, signers } = await libraries(algorithm)
    figures[algorithm] = {
      verify: await interleaved(`${algorithm} verify`, verifiers, rounds),
      sign: await interleaved(`${algorithm} sign`, signers, rounds),
    }
  }
  return figures
}

const require = createRequire(import.meta.url)
const issuer = 'https://api.example.org'
const audience = 'portcullis'
const claims = {
  iss: issuer,
  aud: audience,
  client_id: audience,
  sub: '0199aaaa-0000-7000-8000-00000000000a',
  sid: '0199aaaa-0000-7000-8000-00000000000b',
  exp: Math.floor(Date.now() / 1000) + 24 * 60 * 60,
  auth_time: Math.floor(Date.now() / 1000),
  scope: 'pupils:read pupils:write account',
  role: 'member' as const,
}

async function libraries(algorithm: Algorithm) {
  const key = await generateKey(algorithm)
  const shared = algorithm === 'HS256'
  const publicKey = shared ? key : { ...key, jwk: publicPart(key.jwk) }
  const jwk = key.jwk as JsonWebKey
  const secret = shared ? createSecretKey(Buffer.from(jwk.k ?? '', 'base64url')) : undefined
  const privateObject = secret ?? createPrivateKey({ key: jwk, format: 'jwk' })
  const publicObject = secret ?? createPublicKey({ key: jwk, format: 'jwk' })
  const token = () => signAccessToken(key, claims)
  // A new one each time, as tokens that were seen before are remembered.
  const fresh: string[] = []
  for (let count = 0; count < 2000; count++) fresh.push(await token())
  let turn = 0
  const next = () => fresh[turn++ % fresh.length] ?? ''
  const expectation = { issuer, audience }
  const raw = rawCrypto(algorithm, privateObject, publicObject)
  const joseKey = await jose.importJWK(publicKey.jwk, algorithm)
  const josePrivate = await jose.importJWK(key.jwk, algorithm)
  const jsonwebtoken = shared || algorithm !== 'EdDSA' ? require('jsonwebtoken') : undefined
  const fast = require('fast-jwt')
  const pem = (object: KeyObject, type: 'spki' | 'pkcs8') =>
    secret ? secret.export() : object.export({ type, format: 'pem' })
  const fastVerify = fast.createVerifier({
    key: pem(publicObject, 'spki'),
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
  })
  const fastSign = fast.createSigner({
    key: pem(privateObject, 'pkcs8'),
    algorithm,
    kid: key.kid,
  })
  const options = { algorithms: [algorithm], issuer, audience }
  const awsVerify = shared ? undefined : awsVerifier(publicKey)
  const seen = await token()
  await verifyAccessToken(seen, publicKey, expectation)
  const verifiers = [
    measured('node:crypto, the signature alone', () => raw.verify(next())),
    measured('portcullis', () => verifyAccessToken(next(), publicKey, expectation)),
    measured('portcullis, seen before', () => verifyAccessToken(seen, publicKey, expectation)),
    measured('jose', () => jose.jwtVerify(next(), joseKey, { ...options, typ: 'at+jwt' })),
    measured('fast-jwt', () => fastVerify(next())),
    ...(jsonwebtoken
      ? [measured('jsonwebtoken', () => jsonwebtoken.verify(next(), publicObject, options))]
      : []),
    ...(awsVerify ? [measured('aws-jwt-verify', () => awsVerify(next()))] : []),
  ]
  const header = { algorithm, keyid: key.kid, header: { alg: algorithm, typ: 'at+jwt' } }
  const signers = [
    measured('node:crypto, the signature alone', () => raw.sign()),
    measured('portcullis', token),
    measured('jose', () =>
      new jose.SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: key.kid })
        .sign(josePrivate),
    ),
    measured('fast-jwt', () => fastSign(claims)),
    ...(jsonwebtoken
      ? [measured('jsonwebtoken', () => jsonwebtoken.sign(claims, privateObject, header))]
      : []),
  ]
  return { verifiers, signers }
}

/** The least possible: one signature of this size by Node itself, without parsing or checks. */
function rawCrypto(algorithm: Algorithm, privateKey: KeyObject, publicKey: KeyObject) {
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  const mac = (text: string) => createHmac('sha256', privateKey).update(text).digest()
  const dsaEncoding = 'ieee-p1363' as const
  const text = 'x'.repeat(480)
  return {
    sign: () =>
      algorithm === 'HS256'
        ? mac(text)
        : sign(hash, Buffer.from(text), { key: privateKey, dsaEncoding }),
    verify: (token: string) => {
      const end = token.lastIndexOf('.')
      const [signed, signature] = [
        token.slice(0, end),
        Buffer.from(token.slice(end + 1), 'base64url'),
      ]
      const good =
        algorithm === 'HS256'
          ? timingSafeEqual(mac(signed), signature)
          : verify(hash, Buffer.from(signed), { key: publicKey, dsaEncoding }, signature)
      if (!good) throw new Error('node:crypto refuses the token')
    },
  }
}

function awsVerifier({ kid, jwk }: { kid: string; jwk: object }) {
  const { JwtVerifier } = require('aws-jwt-verify')
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/jwks.json` })
  verifier.cacheJwks({ keys: [{ ...jwk, kid, use: 'sig' }] })
  return (token: string) => verifier.verifySync(token)
}

/** Microseconds of CPU time a call takes, over some milliseconds. */
function measured(name: string, call: () => unknown): Subject {
  let count = 20
  return {
    name,
    measure: async () => {
      for (;;) {
        const before = process.cpuUsage()
        for (let done = 0; done < count; done++) await call()
        const { user, system } = process.cpuUsage(before)
        // Long enough for the clock, and for the optimizer.
        if (user + system > 30_000) return (user + system) / count
        count *= 4
      }
    },
  }
}

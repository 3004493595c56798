import type { Mutation } from './mutations.ts'

const mistakes = ['test/api/auth-mistakes.test.ts']
const refresh = ['test/api/auth-refresh.test.ts']
const revocation = ['test/api/sessions-revocation.test.ts']
const ring = ['test/auth/key-ring.test.ts']
const rotation = ['test/api/rotation.test.ts']
const sessions = ['test/api/sessions.test.ts']
const throttle = ['test/api/throttle.test.ts']
const timing = ['test/api/auth-timing.test.ts']
const tokens = ['test/api/auth-tokens.test.ts']

const hardening = ['test/api/hardening.test.ts']

/** Holes in signing in, sessions, keys and throttling. */
export const authMutations: readonly Mutation[] = [
  {
    hole: 'tries are counted and never refused',
    file: 'functions/auth/throttle.ts',
    from: 'if (!window.taken) {',
    to: 'if (!window.key) {',
    tests: throttle,
  },
  {
    hole: 'a success does not clear the failures',
    file: 'functions/auth/throttle.ts',
    from: 'narrowest && reset(narrowest)',
    to: 'narrowest',
    tests: throttle,
  },
  {
    hole: 'a success keeps its try on the account and the address',
    file: 'functions/auth/throttle.ts',
    from: '...wider.map(refund)])',
    to: '...wider])',
    tests: throttle,
  },
  {
    hole: 'a device token is opened for names that exist only',
    file: 'functions/auth/tokens/opaque-tokens.ts',
    from: 'if (token.length > maxLength) return undefined',
    to: '',
    tests: ['test/auth/opaque-tokens.test.ts'],
  },
  {
    hole: 'the devices of an account share no budget',
    file: 'functions/auth/throttle.ts',
    from: "{ budget: 'devices', of: device.slice(0, 1) },",
    to: '',
    tests: hardening,
  },
  {
    hole: 'members try names as often as they like',
    file: 'functions/users.ts',
    from: 'if (change.username !== undefined && userId === caller.userId)',
    to: 'if (false)',
    tests: hardening,
  },
  {
    hole: 'a right password is confirmed without a trace',
    file: 'functions/http/login-request.ts',
    from: '    refused()\n',
    to: '',
    tests: hardening,
  },
  {
    hole: 'a fast hash of a body with a password is stored',
    file: 'functions/users.ts',
    from: 'idempotencyStep(users, request, reply, print)',
    to: 'idempotencyStep(users, request, reply)',
    tests: hardening,
  },
  {
    hole: 'a small body is answered with as many faults as it has',
    file: 'functions/model/problems.ts',
    from: 'errors.slice(0, toldFaults)',
    to: 'errors',
    tests: hardening,
  },
  {
    hole: 'unknown names are not counted alike',
    file: 'functions/auth/throttle.ts',
    from: 'normalizedUsername(username) ?? username',
    to: "normalizedUsername(username) ?? ''",
    tests: ['test/auth/throttle.test.ts'],
  },
  {
    hole: 'signing up is not throttled',
    file: 'functions/auth/throttle.ts',
    from: "{ budget: 'signup', of: [network(address)] }",
    to: "{ budget: 'signup', of: [String(Math.random()), network(address)] }",
    tests: throttle,
  },
  {
    hole: 'a device of one account is a device of every account',
    file: 'functions/login.ts',
    from: 'opened && opened.userId === found?.userId',
    to: 'opened',
    tests: throttle,
  },
  {
    hole: 'a forwarding header is taken for the address',
    file: 'functions/http/pipeline.ts',
    from: 'address: event.requestContext.identity.sourceIp',
    to: "address: header(event, 'X-Forwarded-For') ?? ''",
    tests: throttle,
  },
  {
    hole: 'an unknown user is refused without a comparison',
    file: 'functions/auth/passwords/passwords.ts',
    from: 'const usable = isHashable(password)',
    to: 'const usable = isHashable(password)\n  if (hash === undefined) return false',
    tests: timing,
  },
  {
    hole: 'an older, cheaper hash is compared in less time',
    file: 'functions/auth/passwords/passwords.ts',
    from: 'made < cost()',
    to: 'made < 0',
    tests: timing,
  },
  {
    hole: 'a password is changed without the current one',
    file: 'functions/sessions.ts',
    from: 'if (!(await verifyPassword(currentPassword, credentials.hash)))',
    to: 'if (!currentPassword)',
    tests: mistakes,
  },
  {
    hole: 'a session with few scopes ends the others',
    file: 'functions/routes/session-routes.ts',
    from: "access: 'account' } as const",
    to: "access: 'authenticated' } as const",
    tests: sessions,
  },
  {
    hole: 'there is no end of sessions',
    file: 'functions/accounts/sessions.ts',
    from: 'ids.slice(maxSessions).map(',
    to: 'ids.slice(5000).map(',
    tests: sessions,
  },
  {
    hole: 'a changed password ends no session',
    file: 'functions/accounts/account-changes.ts',
    from: 'ending.filter((sessionId) => sessionId !== spared)',
    to: 'ending.filter((sessionId) => !sessionId)',
    tests: revocation,
  },
  {
    hole: 'a reused refresh token is refused, and its session lives on',
    file: 'functions/login.ts',
    from: 'await deleteSession(userId, sessionId)',
    to: '',
    tests: refresh,
  },
  {
    hole: 'parallel refreshes are taken for theft',
    file: 'functions/login.ts',
    from: 'session.generation === generation + 1 && elapsed <= retryWindow',
    to: 'session.generation === generation',
    tests: refresh,
  },
  {
    hole: 'a device token is taken for a refresh token',
    file: 'functions/auth/tokens/opaque-tokens.ts',
    from: 'sealedKind !== kind || !key',
    to: '!key',
    tests: ring,
  },
  {
    hole: 'opaque tokens need no right MAC',
    file: 'functions/auth/tokens/opaque-tokens.ts',
    from: 'return genuine ? { parts, key } : undefined',
    to: 'return { parts, key }',
    tests: ring,
  },
  {
    hole: 'the claims of a token give rights that its session has not',
    file: 'functions/authorizer.ts',
    from: 'const { userId, sessionId, role, scope } = session',
    to: 'const { sub: userId, sid: sessionId, role, scope } = claims',
    tests: tokens,
  },
  {
    hole: 'two spaces before the token are one',
    file: 'functions/authorizer.ts',
    from: '(?:Bearer|JWT) (',
    to: '(?:Bearer|JWT) +(',
    tests: tokens,
  },
  {
    hole: 'a key that was replaced verifies no longer',
    file: 'functions/auth/keys/key-ring.ts',
    from: 'return now + ringCacheSeconds + tokenLifetime + 60',
    to: 'return now',
    tests: rotation,
  },
  {
    hole: 'a key that is about to sign is ended',
    file: 'functions/auth/keys/rotation.ts',
    from: '!inUse.includes(kid) && ended === undefined',
    to: 'kid !== inUse[0] && ended === undefined',
    tests: rotation,
  },
  {
    hole: 'a withdrawn key stays',
    file: 'functions/auth/keys/rotation.ts',
    from: 'await withdrawKey(id)',
    to: 'Boolean(id)',
    tests: rotation,
  },
  {
    hole: 'a key of refresh tokens that another function has read already is not known',
    file: 'functions/auth/tokens/opaque-tokens.ts',
    from: 'keyRing(unknownKeySeconds)',
    to: 'ring',
    tests: rotation,
  },
  {
    hole: 'a rotation that was overtaken brings back what was withdrawn',
    file: 'functions/auth/keys/rotation.ts',
    from: "if (!versions[versionId]?.includes('AWSPENDING'))",
    to: 'if (!versions)',
    tests: rotation,
  },
  {
    hole: 'every id of a key that is made up costs a read',
    file: 'functions/auth/keys/verification-keys.ts',
    from: ' || lookUpsAt(now) >= maxLookUps',
    to: '',
    tests: rotation,
  },
  {
    hole: 'one signature has several spellings',
    file: 'functions/auth/tokens/tokens.ts',
    from: 'if (!isCanonical(token))',
    to: 'if (!token)',
    tests: tokens,
  },
]

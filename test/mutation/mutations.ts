/** One change of the source that opens a hole, and the tests that must notice. */
export interface Mutation {
  readonly hole: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly tests: readonly string[]
}

const matrix = ['test/api/authorization-matrix.test.ts']
const pipeline = ['test/http/pipeline.test.ts']
const holes = ['test/api/holes.test.ts']
const patience = ['test/faults/patience.test.ts']
const transfer = ['test/transfer/transfer.test.ts']

export const mutations: readonly Mutation[] = [
  {
    hole: 'the authorizer does not ask whether the session is still there',
    file: 'functions/accounts/bearer.ts',
    from: '(await readSession(claims.sub, claims.sid))',
    to: '({ ...claims, userId: claims.sub, sessionId: claims.sid, authTime: 0 })',
    tests: matrix,
  },
  {
    hole: 'the policy opens every route',
    file: 'functions/auth/policy.ts',
    from: 'if (closed.length === 0) return everything',
    to: 'return everything',
    tests: matrix,
  },
  {
    hole: 'what a wildcard opens by accident is not denied',
    file: 'functions/auth/policy.ts',
    from: 'return { allow, deny: shorter(deniable, mayBeDenied) }',
    to: 'return { allow, deny: [] }',
    tests: matrix,
  },
  {
    hole: 'what is opened as a whole opens what cannot be denied again',
    file: 'functions/auth/policy.ts',
    from: 'if (whole.length > 0 && deniable.length < byAccident.length) return undefined',
    to: '',
    tests: ['test/infra/hundred.test.ts'],
  },
  {
    hole: 'a scope covers every other of its resource',
    file: 'functions/model/covers.ts',
    from: 'granted.has(`${resource}:admin`)',
    to: '[...granted].some((held) => held.startsWith(`${resource}:`))',
    tests: matrix,
  },
  {
    hole: 'the handler does not compare the scope of the exact route',
    file: 'functions/http/pipeline.ts',
    from: '!isOpenTo(route, caller.kind, caller.scopes)',
    to: '!isOpenTo',
    tests: pipeline,
  },
  {
    hole: 'a remembered policy outlives its token',
    file: 'functions/http/principal.ts',
    from: 'if (Number(exp) * 1000 <= Date.now())',
    to: 'if (false)',
    tests: pipeline,
  },
  {
    hole: 'a route without its authorizer is served all the same',
    file: 'functions/http/principal.ts',
    from: "throw new Error('A route behind the authorizer was called without its context')",
    to: "return { userId: 'x', sessionId: 'x', role: 'member', scopes: new Set(['pupils:read']) }",
    tests: pipeline,
  },
  {
    hole: 'a declared route is made public',
    file: 'infra/api-definition.ts',
    from: "...(access !== 'public' && { security })",
    to: "...(access === 'authenticated' && { security })",
    tests: matrix,
  },
  {
    hole: "anybody writes in anybody's name",
    file: 'functions/crud/ownership.ts',
    from: 'owner === request.principal?.userId) return full',
    to: 'owner !== undefined) return full',
    tests: matrix,
  },
  {
    hole: 'the refusal tells of items that the caller may not read',
    file: 'functions/crud/ownership.ts',
    from: 'exists && mayRead(resource, request)',
    to: 'exists',
    tests: ['test/api/owned-items.test.ts'],
  },
  {
    hole: 'memos are made under users that there are not',
    file: 'functions/store/parents.ts',
    from: "'attribute_exists(#key)'",
    to: "'attribute_exists(#key) OR attribute_not_exists(#key)'",
    tests: ['test/api/owned-items.test.ts'],
  },
  {
    hole: 'users read and change each other',
    file: 'functions/users.ts',
    from: 'if (userId !== caller.userId && !isAdmin(caller))',
    to: 'if (false)',
    tests: matrix,
  },
  {
    hole: 'members make themselves admins',
    file: 'functions/users.ts',
    from: 'change.disabled !== undefined) && !isAdmin(caller))',
    to: 'change.disabled !== undefined) && false)',
    tests: holes,
  },
  {
    hole: 'unknown fields are taken',
    file: 'functions/model/resource.ts',
    from: 'named(z.strictObject({ ...fields }).check(keepable()), `${singular}Create`)',
    to: 'named(z.looseObject({ ...fields }).check(keepable()), `${singular}Create`)',
    tests: ['test/api/items.test.ts'],
  },
  {
    hole: 'unique values are not guarded',
    file: 'functions/store/items.ts',
    from: ', ...reserveUnique(resource, item)',
    to: '',
    tests: ['test/api/items.test.ts'],
  },
  {
    hole: 'If-Match is not looked at',
    file: 'functions/http/etag.ts',
    from: "(isAny(wanted ?? '*') || strongTags(wanted).includes(tag)) &&",
    to: '',
    tests: ['test/api/items.test.ts'],
  },
  {
    hole: 'cursors are not authenticated',
    file: 'functions/crud/cursor.ts',
    from: '!timingSafeEqual(',
    to: 'false && !timingSafeEqual(',
    tests: holes,
  },
  {
    hole: 'a cursor serves any caller',
    file: 'functions/crud/cursor.ts',
    from: ', order, userId]',
    to: ', order]',
    tests: holes,
  },
  {
    hole: "one caller's Idempotency-Key answers another",
    file: 'functions/crud/idempotency.ts',
    from: 'JSON.stringify([principal?.userId, request.path(), idempotencyKey])',
    to: 'JSON.stringify([request.path(), idempotencyKey])',
    tests: holes,
  },
  {
    hole: 'a deleted user stays signed in',
    file: 'functions/accounts/account-changes.ts',
    from: '      ...steps,\n    ])',
    to: '    ])',
    tests: holes,
  },
  {
    hole: 'a disabled user stays signed in',
    file: 'functions/accounts/account-changes.ts',
    from: 'const ending = takesPower(account, all)',
    to: 'const ending = false',
    tests: holes,
  },
  {
    hole: 'a disabled user signs in',
    file: 'functions/login.ts',
    from: 'match && !credentials.disabled',
    to: 'match',
    tests: holes,
  },
  {
    hole: 'the last admin can be disabled',
    file: 'functions/accounts/accounts.ts',
    from: "...(change < 0 && { ConditionExpression: '#enabled > :last' }),",
    to: '',
    tests: holes,
  },
  {
    hole: 'login grants scopes that the role has not',
    file: 'functions/http/login-request.ts',
    from: 'const lacking = [...asked].filter((name) => !held.includes(name))',
    to: 'const lacking: string[] = []; if (asked.size > 0) return scope',
    tests: holes,
  },
  {
    hole: 'a token of another type is taken for an access token',
    file: 'functions/auth/tokens/tokens.ts',
    from: 'typ: type,',
    to: '',
    tests: ['test/api/auth-tokens.test.ts'],
  },
  {
    hole: 'a token for another audience is taken',
    file: 'functions/auth/tokens/tokens.ts',
    from: ' && aud === audience',
    to: '',
    tests: ['test/auth/verified-tokens.test.ts'],
  },
  {
    hole: 'a token of another issuer is taken',
    file: 'functions/auth/tokens/tokens.ts',
    from: 'iss === issuer && ',
    to: '',
    tests: ['test/auth/verified-tokens.test.ts'],
  },
  {
    hole: 'an expired token is taken for the tolerance of clocks longer',
    file: 'functions/auth/tokens/tokens.ts',
    from: 'exp * 1000 > Date.now()',
    to: 'exp > 0',
    tests: ['test/auth/verified-tokens.test.ts'],
  },
  {
    hole: 'a refresh token of long ago is answered',
    file: 'functions/accounts/refresh-session.ts',
    from: 'elapsed <= retryWindow',
    to: 'elapsed >= 0',
    tests: holes,
  },
  {
    hole: 'a password of which bcrypt reads the beginning only is taken',
    file: 'functions/auth/passwords/passwords.ts',
    from: 'return bcrypt.truncates(form)\n    ? digested + (await bcrypt.hash(digest(form), cost()))\n    : bcrypt.hash(form, cost())',
    to: 'return bcrypt.hash(form, cost())',
    tests: ['test/auth/passwords.test.ts'],
  },
  {
    hole: 'a throttled DynamoDB is called a defect',
    file: 'functions/store/failures.ts',
    from: ' || isThrottled(name)',
    to: '',
    tests: patience,
  },
  {
    hole: 'requests whose lines are left out are not measured',
    file: 'functions/http/observe.ts',
    from: 'durations.push(durationMs)',
    to: 'durations.push()',
    tests: ['test/infra/logs.test.ts'],
  },
  {
    hole: 'lines of failed requests are left out',
    file: 'functions/http/observe.ts',
    from: '!coldStart && !outcome && isLeftOut',
    to: '!coldStart && isLeftOut',
    tests: ['test/infra/logs.test.ts'],
  },
  {
    hole: 'a function waits for AWS until it is ended',
    file: 'functions/http/observe.ts',
    from: 'startDeadline(context)',
    to: '',
    tests: patience,
  },
  {
    hole: 'the authorizer waits for AWS until it is ended',
    file: 'functions/authorizer.ts',
    from: 'startDeadline(invocation)',
    to: '',
    tests: patience,
  },
  {
    hole: 'a try whose answer is lost is counted twice',
    file: 'functions/store/throttle.ts',
    from: '#tries < :count AND #last <> :id',
    to: '#tries < :count',
    tests: patience,
  },
  {
    hole: 'a delete whose answer is lost finds nothing',
    file: 'functions/store/items.ts',
    from: 'writeGuarded(resource, deletion, (step) => transact([step]))',
    to: `writeGuarded(resource, deletion, async () => {
      const { ifCondition: met, remove: removeNow } = await import('./dynamodb.ts')
      return (await met(removeNow(item))) ? undefined : 'stale'
    })`,
    tests: ['test/faults/items.test.ts'],
  },
  {
    hole: 'sessions end after their user, who may be gone by then',
    file: 'functions/accounts/account-changes.ts',
    from: `      ...steps,
    ])
    if (failure === 'stale') return undefined`,
    to: `    ])
    if (failure === 'stale') return undefined
    await transact(steps)`,
    tests: ['test/faults/accounts.test.ts'],
  },
  {
    hole: 'an import takes items of nobody',
    file: 'functions/operator/import-batch.ts',
    from: 'await importedExistenceSteps(resource, item)',
    to: '[]',
    tests: transfer,
  },
  {
    hole: "a hash of another system's name stays under it",
    file: 'functions/auth/passwords/passwords.ts',
    from: ".transform((hash) => hash.replace(/\\$2[aby]\\$/, '$2b$$'))",
    to: '',
    tests: transfer,
  },
  {
    hole: 'a hash of another cost is never replaced',
    file: 'functions/login.ts',
    from: 'found.outdated\n',
    to: 'false\n',
    tests: transfer,
  },
]

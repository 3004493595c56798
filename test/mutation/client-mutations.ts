import type { Mutation } from './mutations.ts'

const client = ['test/client/client.test.ts']
const generated = ['test/api/api-keys-generated.test.ts']
const retries = ['test/client/retries.test.ts']
const types = ['test/client/types.test.ts']

/** Holes in the typed client, and in what only its users and those of other libraries notice. */
export const clientMutations: readonly Mutation[] = [
  {
    hole: 'each call of the client renews the token by itself',
    file: 'infra/client/runtime/session.ts',
    from: 'renewing ??= alone(find)',
    to: 'renewing = alone(find)',
    tests: retries,
  },
  {
    hole: 'clients that share a storage renew the token at the same time',
    file: 'infra/client/runtime/session.ts',
    from: 'return locks && (cookie || storage) ?',
    to: 'return locks && cookie ?',
    tests: retries,
  },
  {
    hole: 'a tab takes over a token that has run out',
    file: 'infra/client/runtime/session.ts',
    from: '|| isFresh(current)) return',
    to: '|| current) return',
    tests: retries,
  },
  {
    hole: 'a call is repeated in the name of somebody who has signed in since',
    file: 'infra/client/runtime/client.ts',
    from: '|| userOf(next) !== userOf(used)',
    to: '',
    tests: retries,
  },
  {
    hole: 'creates of the client come without an Idempotency-Key',
    file: 'infra/client/client-source.ts',
    from: "headers.includes('Idempotency-Key') && 'k',",
    to: 'false,',
    tests: retries,
  },
  {
    hole: 'a write with a condition is repeated though its answer was lost',
    file: 'infra/client/runtime/client.ts',
    from: "method !== 'PATCH' && !ifMatch",
    to: 'true',
    tests: retries,
  },
  {
    hole: 'a change by a function is written without If-Match',
    file: 'infra/client/runtime/client.ts',
    from: 'const ifMatch = given ?? etagOf(item)',
    to: 'const ifMatch = given',
    tests: client,
  },
  {
    hole: 'a page of something between the client and the API is taken for an answer',
    file: 'infra/client/runtime/exchange.ts',
    from: 'if (ok) throw new ApiError(problem as ApiProblem)',
    to: '',
    tests: retries,
  },
  {
    hole: 'the types of what can be asked for are not in the client',
    file: 'infra/client/schema-types.ts',
    from: 'if (values) return union(values.map(literal))',
    to: "if (values) return 'string'",
    tests: types,
  },
  {
    hole: 'descendants of an API key outlive it',
    file: 'functions/accounts/api-keys.ts',
    from: '|| ancestors.includes(keyId)',
    to: '',
    tests: generated,
  },
  {
    hole: 'the uses of a child are taken from a key whose uses do not count',
    file: 'functions/accounts/api-keys.ts',
    from: 'parent?.usesLeft === undefined ? undefined : bounds.usesLeft',
    to: 'parent && bounds.usesLeft',
    tests: ['test/api/api-keys.test.ts'],
  },
  {
    hole: 'the authorizer may change all that a row of a session or a key holds',
    file: 'infra/lambdas.ts',
    from: '...(attributes && {',
    to: '...(!attributes && {',
    tests: ['test/infra/template.test.ts'],
  },
  {
    hole: 'an empty answer calls itself JSON',
    file: 'functions/http/proxy-result.ts',
    from: "return status < 204 ? { 'Content-Type': 'text/plain; charset=utf-8' } : {}",
    to: 'return {}',
    tests: ['test/api/oauth.test.ts'],
  },
]

import type { Mutation } from './mutations.ts'

const bodies = ['test/api/bodies.test.ts']
const changes = ['test/api/changes.test.ts']
const cleanUp = ['test/api/clean-up.test.ts']
const conventions = ['test/api/conventions.test.ts']
const cors = ['test/api/cors.test.ts']
const guards = ['test/store/items.test.ts']
const idempotency = ['test/api/idempotency.test.ts']
const paths = ['test/api/paths.test.ts']
const preconditions = ['test/api/preconditions.test.ts']
const races = ['test/api/races.test.ts']
const subscribers = ['test/api/subscribers.test.ts']

/** Holes in the HTTP conventions and in the one CRUD mechanism. */
export const crudMutations: readonly Mutation[] = [
  {
    hole: 'a body may have twice the size',
    file: 'functions/http/body.ts',
    from: 'if (rawBody.length > maxBodyBytes)',
    to: 'if (rawBody.length > maxBodyBytes * 2)',
    tests: bodies,
  },
  {
    hole: 'a body may have any media type',
    file: 'functions/http/body.ts',
    from: 'if (!jsonMediaType.test(',
    to: 'if (!/./.test(',
    tests: bodies,
  },
  {
    hole: 'bytes that are not UTF-8 are replaced',
    file: 'functions/http/body.ts',
    from: '{ fatal: true }',
    to: '{ fatal: false }',
    tests: bodies,
  },
  {
    hole: 'of a repeated header the last one counts',
    file: 'functions/http/request.ts',
    from: "?.join(', ')",
    to: '?.at(-1)',
    tests: conventions,
  },
  {
    hole: 'queries are not looked at',
    file: 'functions/http/request.ts',
    from: 'if (!route.query) return undefined',
    to: 'if (route) return { limit: 25 }',
    tests: paths,
  },
  {
    hole: 'one place has as many paths as spellings',
    file: 'functions/http/pipeline.ts',
    from: 'path: () => pathOf(route, named)',
    to: 'path: () => event.path',
    tests: paths,
  },
  {
    hole: 'an Idempotency-Key may be anything',
    file: 'functions/http/request.ts',
    from: '{1,255}$/.test(key)',
    to: '{0,9999}$/.test(key)',
    tests: idempotency,
  },
  {
    hole: 'answers may be framed',
    file: 'functions/http/headers.ts',
    from: "'X-Frame-Options': 'DENY',",
    to: '',
    tests: conventions,
  },
  {
    hole: 'every origin is allowed',
    file: 'functions/http/headers.ts',
    from: '!allowedOrigins.has(origin)',
    to: '!allowedOrigins.size',
    tests: cors,
  },
  {
    hole: "the gateway's own errors cannot be read by an allowed origin",
    file: 'infra/gateway-responses.ts',
    from: '...cors(stage),',
    to: '',
    tests: cors,
  },
  {
    hole: 'a PUT takes unknown fields',
    file: 'functions/resources/resource.ts',
    from: '.strictObject({ ...fields, ...keyed,',
    to: '.looseObject({ ...fields, ...keyed,',
    tests: changes,
  },
  {
    hole: 'a line may hold control characters',
    file: 'functions/resources/fields.ts',
    from: '!controlCharacter.test(value)',
    to: 'value.length > 0',
    tests: bodies,
  },
  {
    hole: 'lengths count code units',
    file: 'functions/resources/fields.ts',
    from: '[...value].length',
    to: 'value.length',
    tests: bodies,
  },
  {
    hole: 'a number may be too small for DynamoDB',
    file: 'functions/resources/fields.ts',
    from: 'Math.abs(context.value) < 1e-130',
    to: 'Math.abs(context.value) < 0',
    tests: bodies,
  },
  {
    hole: 'what cannot be the id of a user is looked up',
    file: 'functions/users.ts',
    from: 'String(itemKey(users, request).id)',
    to: "request.params.userId ?? ''",
    tests: ['test/api/users-hidden.test.ts'],
  },
  {
    hole: 'a weak tag matches',
    file: 'functions/crud/etag.ts',
    from: ".filter((tag) => !tag.startsWith('W/'))",
    to: '',
    tests: preconditions,
  },
  {
    hole: 'a key is good for any body',
    file: 'functions/crud/idempotency.ts',
    from: 'if (entry.fingerprint !== fingerprint(request))',
    to: 'if (!entry.fingerprint)',
    tests: idempotency,
  },
  {
    hole: 'a key is remembered for two days',
    file: 'functions/crud/idempotency.ts',
    from: 'const lifetime = 24 *',
    to: 'const lifetime = 48 *',
    tests: idempotency,
  },
  {
    hole: 'the record of a key does not stand in the transaction',
    file: 'functions/crud/actions.ts',
    from: '...once(resource, request, reply),',
    to: '',
    tests: idempotency,
  },
  {
    hole: 'If-Match is compared before the write alone',
    file: 'functions/store/items.ts',
    from: "[present, oneOf('_rev', ifMatch)]",
    to: '[present]',
    tests: preconditions,
  },
  {
    hole: 'the last of parallel changes of a unique value wins',
    file: 'functions/store/items.ts',
    from: "const unchanged = [equal('_rev', current._rev)]",
    to: 'const unchanged = [exists(keyNames(resource).partition)]',
    tests: races,
  },
  {
    hole: 'a write whose answer is lost is called stale',
    file: 'functions/store/items.ts',
    from: 'ifMatch && [...ifMatch, revision]',
    to: 'ifMatch',
    tests: ['test/faults/items.test.ts'],
  },
  {
    hole: 'an old unique value is not released',
    file: 'functions/store/items.ts',
    from: '...releases(resource, moved, current),',
    to: '',
    tests: subscribers,
  },
  {
    hole: 'the unique values of a deleted item are not released',
    file: 'functions/store/items.ts',
    from: '...(current ? releases(resource, resource.unique, current) : []),',
    to: '',
    tests: subscribers,
  },
  {
    hole: 'e-mail addresses differ by case',
    file: 'functions/store/layout.ts',
    from: 'exact.toLowerCase()',
    to: 'exact',
    tests: subscribers,
  },
  {
    hole: 'no value and the text undefined are the same',
    file: 'functions/store/layout.ts',
    from: 'if (value === undefined) return undefined',
    to: '',
    tests: guards,
  },
  {
    hole: 'a value under a parent is unique in the whole table',
    file: 'functions/store/layout.ts',
    from: 'resource.parent && item[resource.parent.param]\n',
    to: 'undefined\n',
    tests: guards,
  },
  {
    hole: 'a shard that was read in part hides its other items',
    file: 'functions/store/lists.ts',
    from: '.filter((item) => sequence(item) >= end)',
    to: '',
    tests: ['test/store/lists.test.ts'],
  },
  {
    hole: 'a page is larger than Lambda can answer',
    file: 'functions/store/lists.ts',
    from: 'fitting(found.slice(0, request.limit))',
    to: 'found.slice(0, request.limit)',
    tests: ['test/api/lists.test.ts'],
  },
  {
    hole: 'a later condition counts while an earlier step collides',
    file: 'functions/store/dynamodb.ts',
    from: "codes.findIndex((code) => code !== 'None')",
    to: "codes.indexOf('ConditionalCheckFailed')",
    tests: ['test/store/dynamodb.test.ts'],
  },
  {
    hole: 'a filter reads text alone',
    file: 'functions/resources/operations.ts',
    from: "if (typeof value !== 'string' || field",
    to: 'if (value !== null || field',
    tests: ['test/http/request.test.ts'],
  },
  {
    hole: 'the clean-up deletes one batch',
    file: 'functions/store/partitions.ts',
    from: 'count += keys.length',
    to: 'return count + keys.length',
    tests: cleanUp,
  },
  {
    hole: 'the clean-up passes over what failed',
    file: 'functions/clean-up.ts',
    from: 'return { batchItemFailures: [{',
    to: 'if (!userId) return { batchItemFailures: [{',
    tests: cleanUp,
  },
  {
    hole: 'a clean-up that keeps failing is forgotten with its record',
    file: 'infra/clean-up.ts',
    from: 'maxRecordAge: Duration.hours(23),',
    to: '',
    tests: cleanUp,
  },
]

/** A part of the full suite, which repeats tests much more often than each commit does. */
export interface Part {
  readonly name: string
  readonly proves: string
  /** What it takes on two quiet cores. */
  readonly minutes: number
  /** It compares times, which a busy machine blurs. */
  readonly needsQuiet?: boolean
  /** Files of tests, with all their repetitions; or a program of its own with its arguments. */
  readonly tests?: readonly string[]
  readonly program?: readonly string[]
}

const shards = 4

export const parts: readonly Part[] = [
  {
    name: 'races',
    proves: 'twenty rounds of fifty writers at the same items, accounts and keys',
    minutes: 2,
    tests: ['test/api/races.test.ts', 'test/api/throttle-parallel.test.ts'],
  },
  {
    name: 'sessions',
    proves:
      'ten thousand refreshes in parallel, a thousand revocations, five hundred keys that would be wider',
    minutes: 6,
    tests: [
      'test/api/auth-refresh.test.ts',
      'test/api/sessions-revocation.test.ts',
      'test/api/api-keys.test.ts',
      'test/api/api-keys-generated.test.ts',
    ],
  },
  {
    name: 'keys',
    proves: 'no request is refused while keys are rotated, with every algorithm',
    minutes: 2,
    tests: [
      'test/api/rotation.test.ts',
      'test/api/auth-verifiers.test.ts',
      'test/infra/grants.test.ts',
    ],
  },
  {
    name: 'clients',
    proves:
      'the typed client: 500 creates over cut connections, 50 expiries in 8 tabs of a browser',
    minutes: 1,
    tests: ['test/client/retries.test.ts', 'test/browser/client.test.ts'],
  },
  {
    name: 'timing',
    proves:
      'a login computes as long for a name that does not exist, a hundred times each; a forgotten password and a signup for an address, five hundred times',
    minutes: 2,
    needsQuiet: true,
    tests: ['test/api/auth-timing.test.ts', 'test/api/mail-timing.test.ts'],
  },
  {
    name: 'mail',
    proves:
      'a hundred links die with each change of an account, two hundred deaths of the mailer lose no mail, five hundred tries of one code begin one session',
    minutes: 7,
    tests: ['test/api/mail-links.test.ts', 'test/api/factor-proofs.test.ts'],
  },
  {
    name: 'fuzz',
    proves: 'ten thousand bad requests are refused; the page calls every operation that there is',
    minutes: 2,
    tests: ['test/api/fuzz.test.ts', 'test/browser/docs.test.ts'],
  },
  {
    name: 'round-trips',
    proves: 'two thousand generated declarations give back what they took',
    minutes: 1,
    tests: ['test/crud/round-trips.test.ts', 'test/resources/schema-agreement.test.ts'],
  },
  {
    name: 'changes',
    proves: 'a function behind ten thousand changes dies fifty times, and is told of each in order',
    minutes: 3,
    tests: ['test/api/own-code-dies.test.ts'],
  },
  {
    name: 'hundred',
    proves: 'a hundred more resources are bundled and served, to the last route of the last one',
    minutes: 1,
    tests: ['test/infra/hundred-served.test.ts'],
  },
  {
    name: 'walks',
    proves:
      'every page of lists of 10,000 items, and a database of as many is exported and imported',
    minutes: 2,
    tests: ['test/api/lists.test.ts', 'test/store/walks.test.ts', 'test/transfer/transfer.test.ts'],
  },
  {
    name: 'reindexing',
    proves:
      'a filter added over 100,000 items, its re-indexing killed twenty times, fifty clients meanwhile',
    minutes: 12,
    tests: ['test/api/reindexing.test.ts'],
  },
  {
    name: 'faults',
    proves: 'every operation, with every call to AWS that it makes gone wrong in every way',
    minutes: 2,
    tests: [
      'test/faults/items.test.ts',
      'test/faults/accounts.test.ts',
      'test/faults/factors.test.ts',
      'test/faults/mail.test.ts',
      'test/faults/mailer.test.ts',
    ],
  },
  ...Array.from({ length: shards }, (_, index) => ({
    name: `mutations-${index + 1}`,
    proves: `each hole is noticed by a test, quarter ${index + 1} of the holes`,
    minutes: 7,
    program: ['test/mutation/main.ts', '--shard', `${index + 1}/${shards}`],
  })),
]

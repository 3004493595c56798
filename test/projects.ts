import type { TestProjectConfiguration } from 'vitest/config'

/** What takes long by its nature: `npm run test:slow`. */
export const slow: readonly string[] = [
  // A browser.
  'test/browser/**/*.test.ts',
  // Each operation, for each way in which each of its calls to AWS can go wrong.
  'test/faults/**/*.test.ts',
  // Whole databases, and lists of ten thousand items.
  'test/{transfer/**/*,api/lists}.test.ts',
  // Each operation, with each permission taken away.
  'test/infra/grants.test.ts',
  // Programs that are started again and again.
  'test/{auth/admin-cli,infra/cdk,infra/commands,infra/durability,infra/local/main,infra/offline}.test.ts',
  // Other checkouts, built and served.
  'test/api/{add-a-resource,extending,own-code-dies}.test.ts',
  // Many requests at the same time, or of many kinds; and what waits for a server to recover.
  'test/{api/races,api/throttle-parallel,api/auth-timing,api/fuzz,client/retries}.test.ts',
  // Each algorithm of signatures.
  'test/api/{auth-verifiers,rotation}.test.ts',
]

/** They know the stack by its answers, and leave nothing behind in their own process. */
const overHttp = ['test/{api,client,product}/**/*.test.ts']

/** The kinds of tests: for each file a process of its own, but for those over HTTP, which are many. */
export const projects: TestProjectConfiguration[] = [
  { extends: true, test: { name: 'http', include: overHttp, exclude: [...slow], isolate: false } },
  {
    extends: true,
    test: { name: 'code', include: ['test/**/*.test.ts'], exclude: [...overHttp, ...slow] },
  },
  { extends: true, test: { name: 'slow', include: [...slow] } },
]

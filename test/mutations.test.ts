import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../infra/bundle.ts'
import { allMutations } from './mutation/all.ts'
import { failedTests } from './mutation/report.ts'

/** Opening them all, to see which tests notice, takes long: `npm run test:full -- mutations`. */
test.for(allMutations)('the place of a hole is in the source: $hole', ({ file, from, to }) => {
  const source = readFileSync(join(root, file), 'utf8')
  expect(source.split(from)).toHaveLength(2)
  expect(to).not.toBe(from)
})

describe('a hole', () => {
  const failing = (...failureMessages: string[]) => ({
    testResults: [
      {
        ...{ name: 'file', status: 'failed' },
        assertionResults: [{ fullName: 'a test', status: 'failed', failureMessages }],
      },
    ],
  })

  test('is not noticed by a test that ran out of time', () => {
    expect(failedTests(failing('Error: Test timed out in 60000ms.\nIf this is'))).toEqual([
      { fullName: 'a test', timedOut: true },
    ])
    expect(failedTests(failing('AssertionError: expected 200 to be 401'))).toEqual([
      { fullName: 'a test', timedOut: false },
    ])
  })
})

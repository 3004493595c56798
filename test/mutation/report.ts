/** The parts of vitest's JSON report that are looked at. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

export interface FailedTest {
  readonly fullName: string
  /** It hung, or was slow: a busy machine does that too. */
  readonly timedOut: boolean
}

export function failedTests({ testResults }: Report): FailedTest[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({
      fullName,
      timedOut: (failureMessages ?? []).some((message) =>
        /(?:Test|Hook) timed out in \d+ms/.test(message),
      ),
    }))
}

import { afterAll, describe, expect, inject, test } from 'vitest'
import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'
import { type Api, startApi } from '../api/harness.ts'
import { edited, resources, wrapHandler } from '../assembly.ts'
import { repetitions } from '../auth/support.ts'
import { testFunctionNames } from '../functions.ts'
import { dump, violations } from '../invariants.ts'
import type { Operation, Outcome } from './act.ts'
import { type Kind, kindsOf, nameOf, timeHeader } from './kinds.ts'

/** The answer of a clean run, and the calls that the function made for it. */
interface CleanRun {
  readonly status: number
  readonly steps: readonly AwsCall[]
}

interface Cell extends Kind {
  readonly step: number
  readonly call: string
}

/**
 * Every operation, with every call to AWS that it makes, gone wrong in every way. The answer is
 * what is documented, what was acknowledged has happened, and a client that repeats the request
 * gets what it wants. Afterwards everything stored fits together.
 *
 * @param thinning the fast suite tries this many times fewer
 * @param always the names of the kinds that it never leaves out
 */
export async function testMatrix(
  operations: Readonly<Record<string, Operation>>,
  thinning = 1,
  always: readonly string[] = [],
): Promise<void> {
  let fault: ((call: AwsCall) => Fault | undefined) | undefined
  const api = await startApi({ assembly: await patched(), intercept: (call) => fault?.(call) })
  afterAll(() => api.stop())
  for (const [name, operation] of Object.entries(operations)) {
    const clean = await cleanRun(api, operation)
    describe(name, () => {
      test.each(cellsOf(clean, thinning, always))('call $step, $call: $name', async (cell) => {
        const { send, done, again = clean.status } = await operation.prepare(api)
        let seen = -1
        let hit = false
        fault = (call) => {
          if (call.function !== operation.of) return undefined
          seen += 1
          hit ||= seen === cell.step
          const meant = cell.lasting ? hit && nameOf(call) === cell.call : seen === cell.step
          return meant ? cell.fault(call) : undefined
        }
        const answer = await send(cell.headers)
        fault = undefined
        expect(hit).toBe(true)
        expectDocumented(answer, cell, clean.status)
        const happened = await done(answer)
        if (answer.status < 300) expect(happened).toBe(true)
        const repeated = await send()
        // A slow call may have been carried out between the two.
        const expected = [happened ? again : clean.status, ...(cell.late ? [again] : [])]
        expect(expected).toContain(repeated.status)
        expect(await done(repeated)).toBe(true)
      })
    })
  }
  test('and everything stored fits together', async () => {
    expect(violations(await dump(api.runner))).toEqual([])
  })
}

async function cleanRun(api: Api, { of, prepare }: Operation): Promise<CleanRun> {
  // The first write of an instance looks at more.
  await (await prepare(api)).send()
  const { send, done } = await prepare(api)
  api.runner.calls.reset()
  const answer = await send()
  const steps = api.runner.calls().filter((call) => call.function === of)
  if (answer.status >= 300 || !(await done(answer))) throw new Error('It fails by itself')
  return { status: answer.status, steps }
}

/** The full suite makes every call go wrong in every way; the fast one in every third, or fewer. */
function cellsOf({ steps }: CleanRun, thinning: number, always: readonly string[]): Cell[] {
  const every = repetitions(1, 3 * thinning)
  const cells = steps.flatMap((call, step) =>
    kindsOf(call)
      .filter(({ name }, index) => (step + index) % every === 0 || always.includes(name))
      .map((kind) => ({ ...kind, step, call: nameOf(call) })),
  )
  // An SDK instance that has retried much in vain retries less: lasting faults come last.
  return cells.sort((left, right) => Number(left.lasting) - Number(right.lasting))
}

/** One fault alone changes nothing, one that lasts makes a 503, and one that kills a 5xx. */
function expectDocumented({ status, headers, body }: Outcome, cell: Cell, clean: number): void {
  if (cell.kills) expect([500, 503]).toContain(status)
  else if (!cell.lasting) expect(status).toBe(clean)
  // The operator waits, and takes an answer that comes late.
  else if (!cell.late || status !== clean) {
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' })
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  }
}

/** Cheap hashes, no limit of signups, the shortest jitter, and a header for the remaining time. */
async function patched(): Promise<string> {
  const names = await testFunctionNames()
  return edited(inject('assembly'), ({ template, bundle }) => {
    for (const { Properties } of resources<Lambda>(template, 'AWS::Lambda::Function')) {
      Properties.Environment.Variables.BCRYPT_COST = '4'
      Properties.Environment.Variables.SIGNUP_BUDGET = '100000/3600'
      Properties.Environment.Variables.FORGOT_BUDGET = '100000/3600'
    }
    for (const name of names) wrapHandler(bundle(name), patch)
  })
}

interface Lambda {
  readonly Environment: { readonly Variables: Record<string, unknown> }
}

const patch = `handler => {
  Math.random = () => 0.01
  return (event, context) => {
    const time = event.headers?.['${timeHeader}']
    return handler(event, time ? { ...context, getRemainingTimeInMillis: () => +time } : context)
  }
}`

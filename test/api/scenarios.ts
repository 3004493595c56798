import { expect, test } from 'vitest'
import type { Answer, Api, Person, Sent } from './harness.ts'

/** A request and what its answer must be. */
export interface Scenario extends Omit<Sent, 'token'> {
  readonly name: string
  /** `POST /api/v1/pupils`; `{id}` and the like are filled in from what earlier answers kept. */
  readonly call: string
  /** Who calls; nobody by default. */
  readonly as?: 'member' | 'admin' | ((kept: Kept) => string)
  readonly status: number
  readonly code?: string
  /** The body holds these members. */
  readonly holds?: Record<string, unknown>
  /** The pointers of all faults, in any order. */
  readonly faults?: readonly string[]
  readonly absent?: readonly string[]
  readonly answerHeaders?: Record<string, string | RegExp>
  /** Remembers members of the body for later scenarios, by another name. */
  readonly keep?: Readonly<Record<string, string>>
}

export type Kept = Record<string, string>

/** Runs scenarios in order, each as a test of its own; later ones use what earlier ones kept. */
export function runScenarios(
  api: Api & { readonly member: Person },
  list: readonly Scenario[],
): void {
  const kept: Kept = {}
  for (const scenario of list)
    test(scenario.name, async () => {
      const answer = await api.call(fill(scenario.call, kept), {
        ...(scenario.as !== undefined && { token: tokenOf(scenario.as, api, kept) }),
        ...(scenario.body !== undefined && { body: scenario.body }),
        ...(scenario.headers && { headers: fillAll(scenario.headers, kept) }),
      })
      check(answer, scenario)
      for (const [name, member] of Object.entries(scenario.keep ?? {}))
        kept[name] = member === 'ETag' ? (answer.headers.get('etag') ?? '') : answer.body[member]
    })
}

function check(answer: Answer, scenario: Scenario): void {
  expect(answer.status, answer.text).toBe(scenario.status)
  if (scenario.code) expect(answer.body.code).toBe(scenario.code)
  if (scenario.holds) expect(answer.body).toMatchObject(scenario.holds)
  if (scenario.faults)
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual(
      [...scenario.faults].sort(),
    )
  for (const member of scenario.absent ?? []) expect(answer.body).not.toHaveProperty(member)
  for (const [name, value] of Object.entries(scenario.answerHeaders ?? {}))
    expect(answer.headers.get(name), name).toEqual(
      value instanceof RegExp ? expect.stringMatching(value) : value,
    )
}

function tokenOf(
  who: NonNullable<Scenario['as']>,
  api: Api & { readonly member: Person },
  kept: Kept,
) {
  if (typeof who === 'function') return who(kept)
  return who === 'admin' ? api.admin.token : api.member.token
}

function fill(text: string, kept: Kept): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => kept[name] ?? `{${name}}`)
}

function fillAll(texts: Readonly<Record<string, string>>, kept: Kept): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, kept)]))
}

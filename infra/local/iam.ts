import { type ConditionTest, compileCondition } from './iam-conditions.ts'
import type { Statement } from './model.ts'

/** What a request says about itself beyond action and resource: values by condition key. */
export type RequestContext = Record<string, string[]>

export type Decision = 'allowed' | 'denied' | 'explicitly denied'

export interface Policy {
  /** Whether some condition must see the request before a decision can be made. */
  readonly conditional: boolean
  decide(action: string, resource: string, context?: () => RequestContext): Decision
}

interface Rule {
  deny: boolean
  action: (action: string) => boolean
  resource: (resource: string) => boolean
  condition: ConditionTest | undefined
}

const listOf = (value: string | string[]) => (Array.isArray(value) ? value : [value])

/** Matches `*` (any characters, slashes included) and `?` (one character), as IAM does. */
export function wildcard(pattern: string, ignoreCase = false): (text: string) => boolean {
  const flags = ignoreCase ? 'is' : 's'
  if (!/[*?]/.test(pattern) && !ignoreCase) return (text) => text === pattern
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  const expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags)
  return (text) => expression.test(text)
}

function matcher(
  patterns: string | string[] | undefined,
  excluded: string | string[] | undefined,
  ignoreCase: boolean,
): (text: string) => boolean {
  const tests = listOf(patterns ?? excluded ?? []).map((p) => wildcard(p, ignoreCase))
  const matches = (text: string) => tests.some((test) => test(text))
  return patterns === undefined && excluded !== undefined ? (text) => !matches(text) : matches
}

/**
 * Compiles identity-based policies. Default is deny, an explicit Deny wins over every Allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function compilePolicy(statements: Statement[], at: string): Policy {
  const rules = statements.map((statement): Rule => {
    return {
      deny: statement.Effect === 'Deny',
      // Action names are not case-sensitive, resource ARNs are.
      action: matcher(statement.Action, statement.NotAction, true),
      resource: matcher(statement.Resource, statement.NotResource, false),
      condition: statement.Condition && compileCondition(statement.Condition, at),
    }
  })
  const conditional = rules.some(({ condition }) => condition !== undefined)
  const remembered = new Map<string, Decision>()

  function evaluate(action: string, resource: string, context: RequestContext): Decision {
    let decision: Decision = 'denied'
    for (const rule of rules) {
      if (!rule.action(action) || !rule.resource(resource)) continue
      if (rule.condition !== undefined && !rule.condition(context)) continue
      if (rule.deny) return 'explicitly denied'
      decision = 'allowed'
    }
    return decision
  }

  return {
    conditional,
    decide(action, resource, context = () => ({})) {
      if (conditional) return evaluate(action, resource, context())
      const key = `${action} ${resource}`
      let decision = remembered.get(key)
      if (decision === undefined) {
        decision = evaluate(action, resource, {})
        // A caller may ask for any number of resources that do not exist.
        if (remembered.size < 1000) remembered.set(key, decision)
      }
      return decision
    },
  }
}

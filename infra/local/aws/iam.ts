import type { Statement } from '../model.ts'
import { type ConditionTest, compileCondition, type RequestContext } from './iam-conditions.ts'
import { wildcard } from './wildcard.ts'

export type Decision = 'allowed' | 'denied' | 'explicitly denied'

export interface Policy {
  /** Whether some condition must see the request before a decision can be made. */
  readonly conditional: boolean
  decide(action: string, resource: string, context?: () => RequestContext): Decision
}

interface Rule {
  readonly deny: boolean
  readonly action: (action: string) => boolean
  readonly resource: (resource: string) => boolean
  readonly condition: ConditionTest | undefined
}

function matcher(
  patterns: string | readonly string[] | undefined,
  excluded: string | readonly string[] | undefined,
  ignoreCase: boolean,
): (text: string) => boolean {
  const tests = [patterns ?? excluded ?? []].flat().map((p) => wildcard(p, ignoreCase))
  const matches = (text: string) => tests.some((test) => test(text))
  return patterns === undefined && excluded !== undefined ? (text) => !matches(text) : matches
}

/**
 * Compiles identity-based policies. Default is deny, an explicit Deny wins over every Allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function compilePolicy(statements: readonly Statement[], at: string): Policy {
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

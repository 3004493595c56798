import { Failure } from '../../failure.ts'
import { wildcard } from './wildcard.ts'

/** What a request says about itself beyond action and resource: values by condition key. */
export type RequestContext = Readonly<Record<string, readonly string[]>>

export type ConditionTest = (context: RequestContext) => boolean

/** The condition keys whose values are known here; another one is refused when the policy loads. */
const knownKeys = new Set([
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
  'dynamodb:Select',
  'aws:securetransport',
  'aws:principalaccount',
  'aws:resourceaccount',
  // Only a request to KMS has it, and nothing here is encrypted.
  'kms:viaservice',
  'ses:fromaddress',
  'ses:recipients',
  'ses:feedbackaddress',
  'ses:apiversion',
])

type Compare = (expected: string) => (actual: string) => boolean

const equals: Compare = (expected) => (actual) => actual === expected
const equalsIgnoringCase: Compare = (expected) => (actual) =>
  actual.toLowerCase() === expected.toLowerCase()
const like: Compare = (expected) => wildcard(expected)

/** Positive operators: one of the listed values must match. */
const operators: Record<string, Compare> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: equalsIgnoringCase,
}

/** Negated operators: none of the listed values may match. */
const negated: Record<string, Compare> = {
  StringNotEquals: equals,
  StringNotEqualsIgnoreCase: equalsIgnoringCase,
  StringNotLike: like,
  ArnNotEquals: like,
  ArnNotLike: like,
}

/**
 * Compiles the `Condition` block of a statement: all operators and all keys must hold. Operators
 * and keys that are not understood are refused.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function compileCondition(
  block: Record<string, Record<string, unknown>>,
  at: string,
): ConditionTest {
  const tests = Object.entries(block).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => compileOne(operator, key, values, at)),
  )
  return (context) => tests.every((test) => test(context))
}

function compileOne(name: string, key: string, values: unknown, at: string): ConditionTest {
  const known = knownKeys.has(key) ? key : key.toLowerCase()
  if (!knownKeys.has(known)) {
    throw new Failure(`${at}: the condition key ${key} is not understood here`)
  }
  const expected = (Array.isArray(values) ? values : [values]).map(String)
  const [, quantifier, operator = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? []
  if (operator === 'Null') {
    return (context) => (context[known] === undefined) === (expected[0] === 'true')
  }
  const compare = operators[operator] ?? negated[operator]
  if (compare === undefined) {
    throw new Failure(`${at}: the condition operator ${name} is not understood here`)
  }
  const tests = expected.map(compare)
  const isNegated = operators[operator] === undefined
  const holds = (actual: string) => tests.some((test) => test(actual)) !== isNegated
  return (context) => {
    const actual = context[known]
    if (actual === undefined || actual.length === 0) {
      return ifExists !== undefined || quantifier === 'ForAllValues' || isNegated
    }
    return quantifier === 'ForAnyValue' ? actual.some(holds) : actual.every(holds)
  }
}

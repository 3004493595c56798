import type { Attributes } from './attributes.ts'

/**
 * Expressions with every name and value behind a placeholder, so that nothing that a request holds
 * is ever part of an expression's text.
 */
export interface Condition {
  /** Writes the condition with the placeholders that it is given. */
  readonly text: (name: string, values: readonly string[]) => string
  readonly attribute: string
  readonly values: readonly unknown[]
}

export interface Expressions {
  ConditionExpression?: string
  UpdateExpression?: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues?: Attributes
}

export function exists(attribute: string): Condition {
  return { attribute, values: [], text: (name) => `attribute_exists(${name})` }
}

export function equal(attribute: string, value: unknown): Condition {
  return value === undefined
    ? { attribute, values: [], text: (name) => `attribute_not_exists(${name})` }
    : { attribute, values: [value], text: (name, [first]) => `${name} = ${first}` }
}

export function greater(attribute: string, value: number): Condition {
  return { attribute, values: [value], text: (name, [bound]) => `${name} > ${bound}` }
}

export function less(attribute: string, value: number): Condition {
  return { attribute, values: [value], text: (name, [bound]) => `${name} < ${bound}` }
}

export function oneOf(attribute: string, values: readonly unknown[]): Condition {
  return { attribute, values, text: (name, all) => `${name} IN (${all.join(', ')})` }
}

/** The condition that no item has the key yet. */
export function missing(partition: string): Expressions {
  return allOf([equal(partition, undefined)])
}

/** The condition expression that all conditions hold. */
export function allOf(conditions: readonly Condition[]): Expressions {
  return expressions({}, conditions)
}

/** Sets the attributes that have a value and removes those that are undefined. */
export function updateOf(
  attributes: Attributes,
  conditions: readonly Condition[],
): Expressions & { UpdateExpression: string } {
  const { UpdateExpression = '', ...rest } = expressions(attributes, conditions)
  return { UpdateExpression, ...rest }
}

function expressions(attributes: Attributes, conditions: readonly Condition[]): Expressions {
  const names: Record<string, string> = {}
  const values: Attributes = {}
  const name = (attribute: string) => {
    const placeholder = `#${attribute}`
    names[placeholder] = attribute
    return placeholder
  }
  const value = (given: unknown) => {
    const placeholder = `:${Object.keys(values).length}`
    values[placeholder] = given
    return placeholder
  }
  const sets: string[] = []
  const removes: string[] = []
  for (const [attribute, given] of Object.entries(attributes)) {
    if (given === undefined) removes.push(name(attribute))
    else sets.push(`${name(attribute)} = ${value(given)}`)
  }
  const all = conditions.map((condition) =>
    condition.text(name(condition.attribute), condition.values.map(value)),
  )
  const parts = [
    sets.length > 0 ? `SET ${sets.join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
  ].filter(Boolean)
  return {
    ...(all.length > 0 && { ConditionExpression: all.join(' AND ') }),
    ...(parts.length > 0 && { UpdateExpression: parts.join(' ') }),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

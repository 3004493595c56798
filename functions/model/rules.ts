import * as z from 'zod'

/** A check of a string that reports `message` when the test fails. */
export function rule(test: (value: string) => boolean, message: string) {
  return (context: z.core.ParsePayload<string>) => {
    if (!test(context.value)) context.issues.push(issue(context.value, message))
  }
}

/**
 * A rule about an object or a list as a whole, which is looked at even where its members are at
 * fault.
 */
export function wholeRule<Value extends object>(
  look: z.core.CheckFn<Value>,
): z.core.$ZodCheck<Value> {
  const check = z.check<Value>(look)
  check._zod.def.when = ({ issues }) =>
    !issues.some(({ code, path = [] }) => code === 'invalid_type' && path.length === 0)
  return check
}

export function issue(input: unknown, message: string): z.core.$ZodRawIssue {
  return { code: 'custom', input, message, continue: true }
}

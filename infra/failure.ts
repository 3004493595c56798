/** An error that the person at the terminal can fix: only its message is printed, without a stack trace. */
export class Failure extends Error {
  override name = 'Failure'
}

/** A property that the template must have here: refused loudly when it is absent. */
export function required<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Failure(`${what} is missing`)
  return value
}

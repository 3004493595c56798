/** Where the API is: beside the page, under the stage's name where it has no domain of its own. */
export const base = new URL('.', location.href).href.slice(0, -1)

/** A problem of RFC 9457, as far as the pages look at it. */
export interface Problem {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  /** With `second_factor_required`. */
  readonly challenge?: string
}

export class ApiError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    const faults = problem.errors?.map(({ pointer, detail }) =>
      `${pointer.slice(1).replace('newPassword', 'password')} ${detail}`.trim(),
    )
    super(faults ? `${faults.join('; ')}.` : problem.detail)
    this.problem = problem
  }
}

/** @throws ApiError that says what the API found wrong */
export async function post<Answer>(
  path: `/${string}`,
  body?: unknown,
  token?: string,
): Promise<Answer> {
  const response = await fetch(`${base}/api/v1/auth${path}`, {
    method: 'POST',
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => undefined)
  const text = await response?.text().catch(() => undefined)
  if (!response || text === undefined)
    throw new ApiError({ code: 'unreachable', detail: 'The API cannot be reached. Try again.' })
  const answer = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new ApiError(answer)
  return answer as Answer
}

import { problems } from '../resources/problems.ts'

/** Every error code of the API with its HTTP status and title: the one table of them. */
export const problemTypes = {
  bad_request: [400, 'The request is malformed'],
  invalid_link: [400, 'The link is not valid'],
  unauthorized: [401, 'A valid access token is required'],
  invalid_credentials: [401, 'The username or the password is wrong'],
  invalid_grant: [401, 'The refresh token is not valid'],
  second_factor_required: [401, 'A second factor is required'],
  invalid_code: [401, 'The code is not valid'],
  insufficient_scope: [403, 'The access token lacks the required scope'],
  forbidden: [403, 'You are not allowed to do this'],
  wrong_password: [403, 'The current password is wrong'],
  reauthentication_required: [403, 'You must confirm your identity again'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'The method is not allowed on this path'],
  limit_reached: [409, 'A limit has been reached'],
  last_admin: [409, 'There must be at least one enabled admin'],
  no_address: [409, 'The user has no verified e-mail address'],
  has_address: [409, 'The user has a verified e-mail address and must choose the password'],
  precondition_failed: [412, 'A precondition of the request is not met'],
  payload_too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The body has an unsupported format'],
  validation_failed: [422, 'The request is not valid'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used for another request'],
  too_many_requests: [429, 'Too many requests'],
  internal_error: [500, 'Something went wrong'],
  index_building: [503, 'The list is not complete yet'],
  unavailable: [503, 'The service is briefly unavailable'],
  ...problems,
} as const satisfies Record<string, readonly [status: number, title: string]>

/** A unique field's conflict is named after the field: `email_taken`, `name_taken`, … */
export type ProblemCode = keyof typeof problemTypes | `${string}_taken`

/** Status and title of a code. */
export function problemType(code: ProblemCode): readonly [status: number, title: string] {
  return code in problemTypes
    ? problemTypes[code as keyof typeof problemTypes]
    : [409, `This ${code.replace(/_taken$/, '')} is already taken`]
}

/** One fault of a request body; `pointer` is a JSON Pointer (RFC 6901) into it. */
export interface Fault {
  pointer: string
  detail: string
}

/** `/age must be at least 3`, for logs and the operator. */
export function faultInWords({ pointer, detail }: Fault): string {
  return `${pointer} ${detail}`
}

interface ProblemOptions {
  errors?: readonly Fault[]
  headers?: Record<string, string>
  /** Members of the answer beside those that every problem has. */
  members?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/** An error that is answered; thrown anywhere, turned into problem details by the pipeline. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly Fault[] | undefined
  readonly headers: Record<string, string>
  readonly members: Readonly<Record<string, unknown>> | undefined

  constructor(code: ProblemCode, detail?: string, options: ProblemOptions = {}) {
    super(detail ?? `${problemType(code)[1]}.`, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = problemType(code)[0]
    this.errors = options.errors
    this.members = options.members
    this.headers = options.headers ?? (code === 'index_building' ? { 'Retry-After': '60' } : {})
  }
}

/** The most faults that are reported of a request. */
export const maxFaults = 100

/**
 * The faults that are reported and, in words, how many more there are; undefined where none are.
 */
export function shownFaults(faults: readonly Fault[]): [shown: readonly Fault[], more?: string] {
  const more = faults.length - maxFaults
  if (more <= 0) return [faults]
  const rest = more === 1 ? '1 more fault is' : `${more} more faults are`
  return [faults.slice(0, maxFaults), `${rest} not shown`]
}

/** A 422 that names the faults of a body. */
export function invalid(...faults: Fault[]): Problem {
  const [errors, more] = shownFaults(faults)
  const detail = more && `The request is not valid; ${more}.`
  return new Problem('validation_failed', detail, { errors })
}

/** Waits for work in which `not_found` means what another code says. */
export async function notFoundAs<Result>(
  code: ProblemCode,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') throw new Problem(code)
    throw error
  }
}

/** The body of a problem answer, RFC 9457; `type` is a URN, as no page stands behind the codes. */
export function problemDetails(problem: Problem, requestId: string): Record<string, unknown> {
  return {
    type: problemUri(problem.code),
    title: problemType(problem.code)[1],
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    requestId,
    ...(problem.errors && { errors: problem.errors }),
    ...problem.members,
  }
}

function problemUri(code: ProblemCode): string {
  return `urn:portcullis:problem:${code}`
}

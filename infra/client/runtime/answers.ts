import type { ApiProblem, ProblemCode } from './api.ts'

/** Any answer but a success; `code` says which, for programs. */
export class ApiError<Code extends string = ProblemCode> extends Error {
  override readonly name = 'ApiError'
  readonly problem: ApiProblem<Code>

  constructor(problem: ApiProblem<Code>) {
    super(problem.detail)
    this.problem = problem
  }

  get code(): Code {
    return this.problem.code
  }

  get status(): number {
    return this.problem.status
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface CreateOptions extends CallOptions {
  /** By default a new one for each call, so that its repetitions create one item. */
  readonly idempotencyKey?: string | undefined
}

export interface ConditionalOptions extends CallOptions {
  /** The write applies only if the item still has this entity tag: see `etagOf`. */
  readonly ifMatch?: string | undefined
}

/** A promise of the answer, which throws `ApiError`; `result` does not throw it. */
export type ApiAnswer<Value, Code extends string> = Promise<Value> & {
  /** The value, or the problem, which has one of the codes that this operation may answer. */
  result(): Promise<ApiResult<Value, Code>>
}

export type ApiResult<Value, Code extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: ApiProblem<Code> }

export interface ApiPage<Item> {
  items: Item[]
  nextCursor: string | null
}

/** Awaited it is one page; `for await` goes through all items, page by page. */
export type ApiList<Item, Code extends string> = ApiAnswer<ApiPage<Item>, Code> &
  AsyncIterable<Item>

/** A body, or a function of the item as it is now: then no write that comes between is lost. */
export type ApiChange<Item, Body> = Body | ((item: Item) => Body | Promise<Body>)

const etags = new WeakMap<object, string>()

/** The entity tag of an item that a method returned; the items of lists come without. */
export function etagOf(item: object): string | undefined {
  return etags.get(item)
}

/** Keeps the entity tag of an item. */
export function remember(value: unknown, { headers }: Response): void {
  const etag = headers.get('ETag')
  if (etag && value instanceof Object) etags.set(value, etag)
}

/** What Lambda answers when a function fails. */
export interface FunctionErrorBody {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: string[]
}

/** A function failed: it threw, timed out, crashed or could not be initialized. */
export class FunctionError extends Error {
  override name = 'FunctionError'
  readonly body: FunctionErrorBody
  constructor(body: FunctionErrorBody) {
    super(body.errorMessage)
    this.body = body
  }
}

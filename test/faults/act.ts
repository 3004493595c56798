import type { Answer, Api } from '../api/harness.ts'

/** A request that is asked of the API while something goes wrong. */
export interface Operation {
  /** The function whose calls to AWS go wrong. */
  readonly of: string
  readonly prepare: (api: Api) => Promise<Act>
}

/** The request with all that it needs, ready to be sent. */
export interface Act {
  /** Sends it; a client may do so again. */
  readonly send: (headers?: Readonly<Record<string, string>>) => Promise<Outcome>
  /** Whether what it asks for has happened, as later requests find it. */
  readonly done: (answer: Outcome) => Promise<boolean>
  /** How it is answered once more when it has happened already; by default as at first. */
  readonly again?: number
}

export type Outcome = Pick<Answer, 'status' | 'headers' | 'body'>

export function request(
  api: Api,
  route: string,
  sent: Parameters<Api['call']>[1] = {},
): Act['send'] {
  return (headers) => api.call(route, { ...sent, headers: { ...sent.headers, ...headers } })
}

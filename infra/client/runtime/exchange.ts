import { ApiError } from './answers.ts'
import { type ApiProblem, basePath } from './api.ts'

/** How requests are sent. */
export interface Sending {
  /** The address of the API, without `/api/v1`. */
  readonly baseUrl: string
  /** How many times a request is repeated, where it may be; 4 by default. */
  readonly retries?: number | undefined
  readonly fetch?: typeof fetch | undefined
}

export interface Exchanged {
  readonly response: Response
  readonly value: unknown
}

/** Whether a request may be sent again if no answer comes, and how many seconds to wait for it. */
export interface Patience {
  readonly repeatable: boolean
  readonly seconds: number
}

/**
 * Sends a request, repeatedly where that is safe and may help, and reads what is answered.
 * @throws ApiError for a success that is not of the API
 */
export async function exchange(
  { baseUrl, retries = 4, fetch: send = fetch }: Sending,
  path: string,
  init: RequestInit,
  { repeatable, seconds }: Patience,
): Promise<Exchanged> {
  const { signal, method } = init
  for (let tried = 0, cut = false; ; tried += 1) {
    let wait = 100 * 2 ** tried * (1 + Math.random())
    let answer: Response | undefined
    let text = ''
    const last = !repeatable || tried >= retries
    try {
      const limit = AbortSignal.timeout(seconds * 1000)
      const response = await send(baseUrl.replace(/\/$/, '') + basePath + path, {
        ...init,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      })
      text = await response.text()
      const { status, headers } = response
      const after = Number(headers.get('Retry-After')) || 0
      // The request whose answer was lost, on the way or behind a gateway, has deleted it.
      if (cut && method === 'DELETE' && status === 404)
        return { response: new Response(null, { status: 204 }), value: undefined }
      if (last || after > 30 || ![429, 502, 503, 504].includes(status)) answer = response
      cut ||= status === 502 || status === 504
      wait = Math.max(wait, after * 1000)
    } catch (error) {
      if (last || signal?.aborted) throw error
      cut = true
    }
    if (answer) return { response: answer, value: parsed(answer, text) }
    await pause(wait, signal)
  }
}

/** Waits, or throws the reason as soon as the signal is aborted. */
async function pause(milliseconds: number, signal: RequestInit['signal']): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

function parsed({ ok, status, statusText, headers }: Response, text: string): unknown {
  if (ok && text === '') return undefined
  if (headers.get('Content-Type')?.includes('json')) return JSON.parse(text)
  // From something between the client and the API: also a page that calls itself a success.
  const code = 'unavailable'
  const problem: unknown = { type: 'about:blank', title: statusText, status, detail: text, code }
  if (ok) throw new ApiError(problem as ApiProblem)
  return problem
}

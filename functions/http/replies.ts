/** What a handler answers; the pipeline adds the headers that every answer has. */
export interface Reply {
  readonly status: number
  /** JSON text, unless the headers say otherwise. */
  readonly body?: string
  /** The body stands for bytes. */
  readonly isBase64Encoded?: true
  readonly headers?: Readonly<Record<string, string>>
}

export function ok(body: unknown, headers?: Record<string, string>): Reply {
  return { status: 200, body: JSON.stringify(body), ...(headers && { headers }) }
}

export function created(body: unknown, headers: { Location: string } & Record<string, string>) {
  return { status: 201, body: JSON.stringify(body), headers } satisfies Reply
}

/** What was asked for happens later. */
export function accepted(): Reply {
  return { status: 202 }
}

export function noContent(): Reply {
  return { status: 204 }
}

export function notModified(headers: Record<string, string>): Reply {
  return { status: 304, headers }
}

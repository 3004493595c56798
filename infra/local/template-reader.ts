type Json = Record<string, unknown>

/** A resource of the template with its properties evaluated on demand. */
export interface Entry {
  readonly id: string
  readonly type: string
  readonly properties: Json
}

/** The template as the readers of its parts see it. */
export interface Reader {
  all(...types: string[]): Entry[]
  ref(id: string): string
  arn(id: string): string
  readonly assets: Map<string, string>
}

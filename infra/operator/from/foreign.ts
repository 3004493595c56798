/** A user of another system, as far as its export tells. */
export interface ForeignUser {
  /** Where in the file, for the report: `line 3`, `user 12`. */
  readonly where: string
  /** The name that the user signs in with there. */
  readonly name?: string | undefined
  readonly email?: string | undefined
  /** Only where the export says so. */
  readonly emailVerified?: boolean
  /** In any form; anything but a bcrypt hash of the password itself is of no use here. */
  readonly hash?: string | undefined
  readonly disabled?: boolean
  /** An ISO 8601 time, or milliseconds since 1970. */
  readonly createdAt?: unknown
  /** There was a second factor, which is not imported. */
  readonly factor?: boolean
  /** Why the user is not imported at all. */
  readonly left?: string | undefined
  readonly notes?: readonly string[]
}

/** What an export of a system says. */
export interface ForeignExport {
  readonly users: readonly ForeignUser[]
  /** What the whole export does not say. */
  readonly notes: readonly string[]
}

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A text that says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** As JSON and CSV spell it. */
export function isTrue(value: unknown): boolean {
  return value === true || /^(?:true|t|1)$/i.test(String(value))
}

/** Whether there is something, as JSON and CSV spell it: a list of some, a count, a truth value. */
export function isSome(value: unknown): boolean {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  return !/^(?:|0|f|false|null|\[\]|\{\})$/i.test(text.trim())
}

/** A bcrypt hash, however the system calls it; undefined for any other. */
export function bcryptOf(value: unknown): string | undefined {
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(String(value)) ? String(value) : undefined
}

/**
 * What is in a file of JSON: one value, or one on each line (NDJSON).
 * @throws Error for what is neither
 */
export function jsonOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line, index) => parsedLine(line, index + 1))
  }
}

function parsedLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`line ${number}: is not JSON`)
  }
}

/** Whether a file begins as JSON does; the other form that systems export is CSV. */
export function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}

/**
 * The rows of a CSV file (RFC 4180), which end with CR, LF or both.
 * @throws Error for a row that is not CSV, or not as long as the first: nothing of a file is left out
 */
function csvRows(text: string): string[][] {
  const rows: string[][] = [[]]
  const field = /("(?:[^"]|"")*"|(?!")[^,\r\n]*)(,|\r\n?|\n|$)/y
  for (;;) {
    const found = field.exec(text)
    if (!found) throw new Error(`row ${rows.length} is not CSV`)
    const [, value = '', end = ''] = found
    const plain = value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value
    rows.at(-1)?.push(plain)
    if (end === '') break
    if (end !== ',') rows.push([])
  }
  const isEmpty = (row: readonly string[]) => row.every((value) => value === '')
  const first = rows.find((row) => !isEmpty(row))
  const odd = rows.findIndex((row) => !isEmpty(row) && row.length !== first?.length)
  if (odd >= 0) throw new Error(`row ${odd + 1} does not have as many fields as the first`)
  return rows.filter((row) => !isEmpty(row))
}

/** The rows of a CSV file whose first names the columns. */
function csvRecords(text: string): Fields[] {
  const [names = [], ...rows] = csvRows(text)
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])))
}

/** JSON or CSV with a header, whichever it is. */
export function recordsOf(text: string): readonly Fields[] {
  return isJson(text) ? jsonOf(text).map(fieldsOf) : csvRecords(text)
}

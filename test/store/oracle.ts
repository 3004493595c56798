import type { Generated, Row } from './generated.ts'

/** What a list should answer: the contract's words over an array, without the store's code. */
export function expectedIds(
  { kinds }: Generated,
  rows: readonly Row[],
  asked: Readonly<Record<string, string>>,
): string[] {
  const bounds = Object.entries(asked).flatMap(([name, text]) => {
    const [, field = '', bound = ''] = /^(\w+)\[(\w+)\]$/.exec(name) ?? []
    return field ? [{ field, bound, text }] : []
  })
  const exact = Object.entries(asked).filter(([name]) => name !== 'sort' && !name.includes('['))
  const [, minus, sorted = bounds[0]?.field] = /^(-?)(\w+)$/.exec(asked.sort ?? '') ?? []
  const form = (field: string, value: unknown) => comparable(kinds[field], value)
  const found = rows
    .filter((row) =>
      exact.every(([field, text]) => same(form(field, row[field]), form(field, text))),
    )
    .filter((row) => sorted === undefined || row[sorted] !== undefined)
    .filter((row) =>
      bounds.every(({ field, bound, text }) =>
        within(form(field, row[field]), bound, form(field, text)),
      ),
    )
  const byAge = (left: Row, right: Row) => (left.id < right.id ? -1 : 1)
  if (sorted === undefined) return ids(found.sort((left, right) => byAge(right, left)))
  const sign = minus === '-' ? -1 : 1
  return ids(
    found.sort(
      (left, right) =>
        sign *
        (compare(form(sorted, left[sorted]), form(sorted, right[sorted])) || byAge(left, right)),
    ),
  )
}

function ids(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => id)
}

/** Numbers as numbers, the rest as code points. */
function comparable(
  kind: string | undefined,
  value: unknown,
): number | readonly number[] | undefined {
  if (value === undefined) return undefined
  if (kind === 'whole' || kind === 'number') return Number(value)
  const text = String(value).normalize('NFC')
  return [...(kind === 'mail' ? text.toLowerCase() : text)].map(
    (point) => point.codePointAt(0) ?? 0,
  )
}

type Comparable = ReturnType<typeof comparable>

function same(left: Comparable, right: Comparable): boolean {
  return left !== undefined && right !== undefined && compare(left, right) === 0
}

function compare(left: Comparable, right: Comparable): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [a, b] = [left as readonly number[], right as readonly number[]]
  const at = a.findIndex((point, index) => point !== b[index])
  if (at < 0) return a.length - b.length
  return (a[at] ?? 0) - (b[at] ?? -1)
}

function within(value: Comparable, bound: string, limit: Comparable): boolean {
  if (value === undefined) return false
  if (bound === 'prefix') {
    const [points, start] = [value as readonly number[], limit as readonly number[]]
    return start.every((point, index) => points[index] === point)
  }
  const order = compare(value, limit)
  return { gte: order >= 0, gt: order > 0, lte: order <= 0, lt: order < 0 }[bound] ?? false
}

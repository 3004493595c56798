/**
 * As much of CloudWatch Logs Insights as the saved queries use, over local log lines: a field that
 * no line has is seen to be missing, as it would be in CloudWatch.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

// biome-ignore lint/suspicious/noExplicitAny: log lines of every kind
type Line = Record<string, any>
type Row = Record<string, unknown>
type Test = (line: Line) => boolean

/** @throws Error for any part of the language that is not understood here */
export function runQuery(query: string, lines: readonly Line[]): Row[] {
  let rows: Row[] = lines.map((line) => ({ ...line, '@timestamp': line.timestamp ?? line.time }))
  for (const step of query.split('\n| ')) {
    const parser = createParser(step)
    const command = parser.next()
    const run = { filter, fields, stats, sort, limit }[command]
    if (!run) throw new Error(`Insights: ${command} is not understood`)
    rows = run(parser, rows)
    if (parser.peek() !== undefined) throw new Error(`Insights: ${step}: at ${parser.peek()}`)
  }
  return rows
}

type Parser = ReturnType<typeof createParser>

function createParser(text: string) {
  const tokens = text.match(/"[^"]*"|`[^`]*`|[@\w.]+|!=|[()[\],*=]|\S/g) ?? []
  let at = 0
  const parser = {
    peek: (): string | undefined => tokens[at],
    next(): string {
      const token = tokens[at++]
      if (token === undefined) throw new Error(`Insights: ${text} ends too soon`)
      return token
    },
    take: (token: string): boolean => tokens[at] === token && at++ >= 0,
    expect(token: string): void {
      if (!parser.take(token)) throw new Error(`Insights: ${text}: ${token} and not ${tokens[at]}`)
    },
    list<Item>(item: () => Item): Item[] {
      const items = [item()]
      while (parser.take(',')) items.push(item())
      return items
    },
    field(): string {
      const token = parser.next()
      if (token.startsWith('`')) return token.slice(1, -1)
      if (!/^[@A-Za-z_][\w.]*$/.test(token) || reserved.has(token))
        throw new Error(`Insights: ${text}: ${token} is not the name of a field`)
      return token
    },
    text(): string {
      const token = parser.next()
      if (!token.startsWith('"')) throw new Error(`Insights: ${text}: ${token} is not a text`)
      return token.slice(1, -1)
    },
  }
  return parser
}

const reserved = new Set(['by', 'as', 'and', 'or', 'in', 'not', 'asc', 'desc', 'like'])

function fieldOf(line: Row, field: string): unknown {
  if (field in line) return line[field]
  return field.split('.').reduce((value: unknown, name) => (value as Row | undefined)?.[name], line)
}

function filter(parser: Parser, rows: Row[]): Row[] {
  return rows.filter(either(parser))
}

function either(parser: Parser): Test {
  const tests = [both(parser)]
  while (parser.take('or')) tests.push(both(parser))
  return (line) => tests.some((test) => test(line))
}

function both(parser: Parser): Test {
  const tests = [condition(parser)]
  while (parser.take('and')) tests.push(condition(parser))
  return (line) => tests.every((test) => test(line))
}

function condition(parser: Parser): Test {
  if (parser.take('not')) {
    const negated = condition(parser)
    return (line) => !negated(line)
  }
  if (parser.take('ispresent')) {
    parser.expect('(')
    const field = parser.field()
    parser.expect(')')
    return (line) => fieldOf(line, field) !== undefined
  }
  const field = parser.field()
  if (parser.take('in')) {
    parser.expect('[')
    const values = parser.list(parser.text)
    parser.expect(']')
    return (line) => values.includes(fieldOf(line, field) as string)
  }
  const negated = parser.take('!=')
  if (!negated) parser.expect('=')
  const value = parser.text()
  return (line) => (fieldOf(line, field) === value) !== negated
}

function fields(parser: Parser, rows: Row[]): Row[] {
  const names = parser.list(parser.field)
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, fieldOf(row, name)])))
}

type Aggregate = (rows: readonly Row[]) => unknown

function stats(parser: Parser, rows: Row[]): Row[] {
  const aggregates = parser.list((): [string, Aggregate] => {
    const made = aggregate(parser)
    parser.expect('as')
    return [parser.field(), made]
  })
  parser.expect('by')
  const keys = parser.list(parser.field)
  const groups = Map.groupBy(rows, (row) => JSON.stringify(keys.map((key) => fieldOf(row, key))))
  return [...groups.values()].map((group) => ({
    ...Object.fromEntries(keys.map((key) => [key, fieldOf(group[0] ?? {}, key)])),
    ...Object.fromEntries(aggregates.map(([name, compute]) => [name, compute(group)])),
  }))
}

function aggregate(parser: Parser): Aggregate {
  const name = parser.next()
  parser.expect('(')
  if (name === 'count') {
    parser.expect('*')
    parser.expect(')')
    return (rows) => rows.length
  }
  const field = parser.field()
  const percentile = parser.take(',') ? Number(parser.next()) : undefined
  parser.expect(')')
  const values = (rows: readonly Row[]) =>
    rows.map((row) => fieldOf(row, field)).filter((value) => value !== undefined)
  const numbers = (rows: readonly Row[]) => values(rows).map(Number)
  const aggregates: Record<string, Aggregate> = {
    count_distinct: (rows) => new Set(values(rows)).size,
    sum: (rows) => numbers(rows).reduce((sum, number) => sum + number, 0),
    avg: (rows) => numbers(rows).reduce((sum, number) => sum + number, 0) / numbers(rows).length,
    max: (rows) => Math.max(...numbers(rows)),
    pct: (rows) => {
      const sorted = numbers(rows).sort((left, right) => left - right)
      return sorted[Math.ceil(((percentile ?? 0) / 100) * sorted.length) - 1]
    },
  }
  const found = aggregates[name]
  if (!found) throw new Error(`Insights: ${name} is not understood`)
  return found
}

function sort(parser: Parser, rows: Row[]): Row[] {
  const field = parser.field()
  const sign = parser.next() === 'desc' ? -1 : 1
  return rows.toSorted((left, right) => {
    const [a, b] = [fieldOf(left, field), fieldOf(right, field)] as [number, number]
    return sign * (a < b ? -1 : a > b ? 1 : 0)
  })
}

function limit(parser: Parser, rows: Row[]): Row[] {
  return rows.slice(0, Number(parser.next()))
}

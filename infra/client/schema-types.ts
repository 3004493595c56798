/** As much of JSON Schema as the document uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

/** The type that a schema admits, as TypeScript. */
export function typeOf(schema: Schema, indent = ''): string {
  const { $ref, enum: values, anyOf, oneOf, allOf, type } = schema
  if ($ref) return nameOf($ref)
  if ('const' in schema) return literal(schema.const)
  if (values) return union(values.map(literal))
  if (anyOf) return union(anyOf.map((one) => typeOf(one, indent)))
  // Beside a type there are patterns.
  if (allOf && !type) return allOf.map((one) => typeOf(one, indent)).join(' & ')
  if (oneOf && namesMembers(oneOf)) return oneOfTheMembers(schema, oneOf, indent)
  if (oneOf) return union(oneOf.map((one) => typeOf(one, indent)))
  return union([type ?? 'any'].flat().map((one) => plain(String(one), schema, indent)))
}

/** `#/components/schemas/Student` → `Student` */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1)
}

/** A comment that editors show; empty where there is nothing to say. */
export function comment(text: string | undefined, indent = ''): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '* /').replace(/\s+/g, ' ')} */\n` : ''
}

function plain(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'integer':
      return 'number'
    case 'array':
      return `${inParentheses(typeOf(schema.items ?? {}, indent))}[]`
    case 'object':
      return objectType(schema, indent)
    // A field that is not looked at, such as a read-only one in a PUT.
    case 'any':
      return 'unknown'
    default:
      return type
  }
}

function objectType(schema: Schema, indent: string): string {
  const { properties = {}, required = [], additionalProperties: more = true } = schema
  const inner = `${indent}  `
  const members = Object.entries(properties).map(([name, member]) => {
    const optional = required.includes(name) ? '' : '?'
    const type = typeOf(member, inner) + (optional && ' | undefined')
    return `${comment(member.description, inner)}${inner}${quoted(name)}${optional}: ${type}`
  })
  if (more !== false) {
    const value = more === true || members.length > 0 ? 'unknown' : typeOf(more, inner)
    members.push(`${inner}[name: string]: ${value}`)
  }
  return members.length === 0 ? '{}' : `{\n${members.join('\n')}\n${indent}}`
}

function namesMembers(oneOf: readonly Schema[]): boolean {
  return oneOf.every((one) => Object.keys(one).join() === 'required')
}

/** Exactly one of some members is there: `oneOf: [{ required: ['a'] }, { required: ['b'] }]`. */
function oneOfTheMembers(schema: Schema, oneOf: readonly Schema[], indent: string): string {
  const { properties = {}, required = [] } = schema
  const names = oneOf.map((one) => one.required?.[0] ?? '')
  const others = Object.entries(properties).filter(([name]) => !names.includes(name))
  const common = { ...schema, required, properties: Object.fromEntries(others) }
  const choices = names.map((chosen) => {
    const members = names.map((name) =>
      name === chosen
        ? `${quoted(name)}: ${typeOf(properties[name] ?? {}, indent)}`
        : `${quoted(name)}?: never`,
    )
    return `{ ${members.join('; ')} }`
  })
  return `${objectType(common, indent)} & (${choices.join(' | ')})`
}

function literal(value: unknown): string {
  const text = JSON.stringify(value)
  return /^"[^'\\]*"$/.test(text) ? `'${text.slice(1, -1)}'` : text
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}

function inParentheses(type: string): string {
  return / [|&] /.test(type) ? `(${type})` : type
}

export function quoted(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}

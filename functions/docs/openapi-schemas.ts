import * as z from 'zod'
import { narrow } from '../model/narrow.ts'

export type Json = { [key: string]: unknown }

/** Writes zod schemas as JSON Schema 2020-12, those that have an id as components. */
export interface SchemaWriter {
  readonly components: Readonly<Record<string, Json>>
  /** What goes in (request bodies) and what comes out (answers) may differ: defaults, transforms. */
  write(schema: z.ZodType, io: 'input' | 'output'): Json
  /** @throws Error where another component has the name */
  add(name: string, component: Json): void
}

export function schemaWriter(): SchemaWriter {
  const components: Record<string, Json> = {}
  function add(name: string, component: Json): void {
    const known = JSON.stringify(components[name] ?? component)
    if (known !== JSON.stringify(component))
      throw new Error(
        `Two schemas are called ${name}: give a resource that has one of them another \`singular\``,
      )
    components[name] = component
  }
  return {
    components,
    add,
    write(schema, io) {
      const json = z.toJSONSchema(schema, { io, unrepresentable: 'any', override })
      const { $schema: _, $defs = {}, ...written } = referToComponents(json)
      for (const [name, component] of Object.entries($defs as Record<string, Json>))
        add(name, component)
      return written
    },
  }
}

function referToComponents(json: object): Json {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>

/** Describes the fields in an item's bodies as in the item itself, where they are not described. */
export function describeBodies(item: string, components: SchemaWriter['components']): void {
  for (const body of ['Create', 'Replace', 'Patch'])
    shareTexts(components[item] ?? {}, components[item + body] ?? {})
}

function shareTexts(from: Json, to: Json): void {
  const described = membersOf(from)
  for (const [name, member] of Object.entries(membersOf(to))) {
    const same = described[name]
    if (!same) continue
    const [within] = (member.anyOf as Json[] | undefined) ?? []
    delete within?.description
    if (same.description !== undefined) member.description ??= same.description
    shareTexts(same, within ?? member)
  }
}

function membersOf(schema: Json): Record<string, Json> {
  return (schema.properties ?? {}) as Record<string, Json>
}

/**
 * Leaves out bounds that only JavaScript has, tells those that were added to a field of ours, and
 * gives properties an example.
 */
const override: Override = ({ zodSchema, jsonSchema }) => {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  narrow(zodSchema, jsonSchema)
  if (!(zodSchema instanceof z.ZodObject)) return
  for (const [name, field] of Object.entries<z.ZodType>(zodSchema.shape)) {
    const property = jsonSchema.properties?.[name] as Json | undefined
    const found = property && isConstrained(field) ? example(name, field) : undefined
    if (property && found !== undefined) property.examples ??= [found]
  }
}

/** An example of a text about which nothing is known would tell nothing. */
function isConstrained(field: z.ZodType): boolean {
  // What has been written of the object so far may be incomplete.
  const written = z.toJSONSchema(field, { unrepresentable: 'any' })
  const { $schema: _, description: _text, ...property }: Json = written
  const [of = property] = (property.anyOf as Json[] | undefined) ?? []
  const { description: _inner, ...known } = of
  return known.type === 'string' && !known.enum && !known.const && Object.keys(known).length > 1
}

/** The first of a few texts that the field itself accepts. */
function example(name: string, field: z.ZodType): string | undefined {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  const candidates = [
    `Example ${words}`,
    `example-${words.replaceAll(' ', '-')}`,
    `${words.replaceAll(' ', '.')}@example.org`,
    '01939f5e-7c00-7a3b-9f00-5d1c2b3a4e5f',
    '2026-01-31',
    '2026-01-31T12:00:00.000Z',
  ]
  return candidates.find((candidate) => field.safeParse(candidate).success)
}

import type { Operation } from './document.ts'
import { inputName, type Typed } from './request.ts'

/** The last value seen for a parameter of a path, by the path up to it: `/books/{id}`. */
const known = new Map<string, string>()

/** Keeps the ids that an answer holds: the next calls are about them. */
export function learn(operations: readonly Operation[], { path }: Operation, answer: unknown) {
  const { items } = (answer ?? {}) as { items?: readonly unknown[] }
  const item = (items ? items[0] : answer) as Readonly<Record<string, unknown>> | undefined
  for (const { place, name } of operations.flatMap((operation) => parametersOf(operation.path))) {
    const value = item?.[name] ?? item?.id
    if (place === `${path}/{${name}}` && typeof value === 'string') known.set(place, value)
  }
}

/** What was typed for a path is kept for the operations beside it. */
export function remember({ path }: Operation, typed: Typed): void {
  for (const { place, input } of parametersOf(path)) {
    const value = typed[input]
    if (value) known.set(place, value)
  }
}

/** What the inputs of a path may begin with. */
export function suggestions({ path }: Operation): Typed {
  return Object.fromEntries(
    parametersOf(path).map(({ place, input }) => [input, known.get(place) ?? '']),
  )
}

function parametersOf(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(({ index, 0: whole, 1: name = '' }) => ({
    name,
    place: path.slice(0, index + whole.length),
    input: inputName({ in: 'path', name }),
  }))
}

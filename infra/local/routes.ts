import { anyMethod } from '../any-method.ts'
import { Failure } from '../failure.ts'

export interface Match<T> {
  route: T
  /** Values of the path's placeholders, as they were sent; absent when it has none. */
  parameters: Record<string, string> | undefined
}

export type Router<T> = (method: string, path: string) => Match<T> | undefined

/** A segment is compared decoded, and handed over as it was sent. */
interface Segment {
  readonly raw: string
  readonly decoded: string
}

interface Node<T> {
  children: Map<string, Node<T>>
  parameter?: { name: string; node: Node<T> }
  greedy?: { name: string; node: Node<T> }
  methods: Map<string, T>
}

const newNode = <T>(): Node<T> => ({ children: new Map(), methods: new Map() })

/**
 * Compiles routes as API Gateway selects them: a static segment before `{parameter}` before
 * `{proxy+}`, a method before `ANY`. The router throws URIError at malformed percent-encoding.
 * @throws Failure for two names of one placeholder, of which API Gateway takes one at the same level,
 *   and for characters that it does not take
 */
export function createRouter<T extends { path: string; method: string }>(routes: T[]): Router<T> {
  const root = newNode<T>()
  for (const route of routes) {
    let node = root
    for (const segment of route.path.split('/').slice(1)) {
      if (segment !== '' || route.path !== '/') node = childOf(node, segment)
    }
    node.methods.set(route.method, route)
  }
  return (method, path) => {
    const sent = path === '/' ? [] : path.split('/').slice(1)
    const segments = sent.map((raw): Segment => ({ raw, decoded: decodeURIComponent(raw) }))
    const values: [string, string][] = []
    const node = find(root, segments, 0, values)
    const any = anyMethod.includes(method) ? node?.methods.get('ANY') : undefined
    const route = node?.methods.get(method) ?? any
    if (route === undefined) return undefined
    return { route, parameters: values.length === 0 ? undefined : Object.fromEntries(values) }
  }
}

function childOf<T>(node: Node<T>, segment: string): Node<T> {
  const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(segment) ?? []
  if (name === undefined) {
    if (!/^[\w.:-]*$/.test(segment)) throw new Failure(`API Gateway takes no path with ${segment}`)
    const child = node.children.get(segment) ?? newNode<T>()
    node.children.set(segment, child)
    return child
  }
  const kind = plus === '+' ? 'greedy' : 'parameter'
  node[kind] ??= { name, node: newNode<T>() }
  const { name: sibling, node: child } = node[kind]
  if (sibling !== name) throw new Failure(`{${name}} stands where {${sibling}} stands already`)
  return child
}

function find<T>(
  node: Node<T>,
  segments: readonly Segment[],
  at: number,
  values: [string, string][],
): Node<T> | undefined {
  const segment = segments[at]
  if (segment === undefined) return node.methods.size > 0 ? node : undefined
  const child = node.children.get(segment.decoded)
  const exact = child && find(child, segments, at + 1, values)
  if (exact !== undefined) return exact
  if (node.parameter !== undefined && segment.raw !== '') {
    values.push([node.parameter.name, segment.raw])
    const found = find(node.parameter.node, segments, at + 1, values)
    if (found !== undefined) return found
    values.pop()
  }
  if (node.greedy === undefined) return undefined
  const rest = segments.slice(at).map(({ raw }) => raw)
  values.push([node.greedy.name, rest.join('/')])
  return node.greedy.node
}

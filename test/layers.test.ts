import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * The layers of `functions/`, from the highest to the lowest: each imports those after it and none
 * before it. A file directly in `functions/` is a Lambda, and imports no other Lambda.
 */
const layers = [
  'lambdas',
  'operator',
  'docs',
  'pages',
  'crud',
  'http',
  'routes',
  'resources',
  'accounts',
  'auth',
  'mail',
  'store',
  'invocation',
  'model',
  'config',
  // The user's lists, which import nothing: types and schemas of all layers follow from them.
  'lists',
]

interface Arrow {
  readonly from: string
  readonly to: string
}

const root = join(import.meta.dirname, '..')
const arrows: readonly Arrow[] = globSync('{functions,infra}/**/*.ts', { cwd: root }).flatMap(
  (from) => importsOf(from).map((to) => ({ from, to })),
)

/** The files that a file imports, types too. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8')
  return [...source.matchAll(/^(?:import|export)\b[^'"]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/gm)]
    .map(([, stated, dynamic]) => normalize(join(dirname(file), stated ?? dynamic ?? '')))
    .filter((to) => to.endsWith('.ts'))
}

/** `functions/auth/keys/rotation.ts` → `auth`; of `infra` the folder, `infra` for its own files. */
function roomOf(file: string): string {
  if (/^functions\/resources\/(roles|problems|product)\.ts$/.test(file)) return 'lists'
  const [top = '', folder = '', ...rest] = file.split('/')
  if (top === 'functions') return rest.length === 0 ? 'lambdas' : folder
  return rest.length === 0 ? top : `${top}/${folder}`
}

/** The nodes on a way that leads back to where it began. */
function cycle(edges: readonly Arrow[]): string[] | undefined {
  const next = Map.groupBy(edges, ({ from }) => from)
  const finished = new Set<string>()
  function visit(node: string, path: readonly string[]): string[] | undefined {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (finished.has(node)) return undefined
    for (const { to } of next.get(node) ?? []) {
      const found = visit(to, [...path, node])
      if (found) return found
    }
    finished.add(node)
    return undefined
  }
  return [...next.keys()].map((node) => visit(node, [])).find((found) => found)
}

describe('imports', () => {
  test('of functions/ go from a layer to those below it', () => {
    const upwards = arrows
      .filter(({ from, to }) => from.startsWith('functions/') && to.startsWith('functions/'))
      .filter(({ from, to }) => {
        const [above, below] = [layers.indexOf(roomOf(from)), layers.indexOf(roomOf(to))]
        return above > below || below === 0
      })
    expect(upwards).toEqual([])
  })

  test('of functions/ never leave it, but for the version of the package', () => {
    const leaving = arrows.filter(
      ({ from, to }) => from.startsWith('functions/') && !to.startsWith('functions/'),
    )
    expect(leaving).toEqual([])
  })

  test('name every folder of functions/ as a layer', () => {
    const folders = globSync('functions/*/', { cwd: root }).map((folder) => folder.split('/')[1])
    expect(folders.filter((folder) => !layers.includes(String(folder)))).toEqual([])
  })

  test('make no ring of files', () => {
    expect(cycle(arrows)).toBeUndefined()
  })

  test('make no ring of folders', () => {
    const between = arrows
      .map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) }))
      .filter(({ from, to }) => from !== to)
    expect(cycle(between)).toBeUndefined()
  })
})

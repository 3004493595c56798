import { describe, expect, test } from 'vitest'
import {
  type Indexes,
  indexSteps,
  stepText,
  type TableIndex,
} from '../../../infra/plan/index-steps.ts'

function index(IndexName: string, partition = `_${IndexName}`): TableIndex {
  const KeySchema = [{ AttributeName: partition, KeyType: 'HASH' }]
  return { IndexName, KeySchema, Projection: { ProjectionType: 'ALL' } }
}

const all = (...names: string[]) => names.map((name) => index(name))

/** The names of the indexes after each deployment. */
function names(there: Indexes, wanted: Indexes): Record<string, string[]>[] {
  return indexSteps(there, wanted).map((step) =>
    Object.fromEntries(
      Object.entries(step).map(([table, has]) => [table, has.map(({ IndexName }) => IndexName)]),
    ),
  )
}

describe('deployments of indexes', () => {
  test('three indexes at once are three', () => {
    expect(names({ books: all('list') }, { books: all('list', 'a', 'b', 'c') })).toEqual([
      { books: ['list', 'a'] },
      { books: ['list', 'a', 'b'] },
      { books: ['list', 'a', 'b', 'c'] },
    ])
  })

  test('removals come before additions, and tables go side by side', () => {
    const there = { books: all('list', 'a', 'b'), notes: all('list') }
    const wanted = { books: all('list', 'b', 'c'), notes: all('list', 'x') }
    expect(names(there, wanted)).toEqual([
      { books: ['list', 'b'], notes: ['list', 'x'] },
      { books: ['list', 'b', 'c'], notes: ['list', 'x'] },
    ])
    const steps = indexSteps(there, wanted)
    expect(stepText(there, steps[0] as Indexes, String)).toBe('books removes a, notes makes x')
    expect(stepText(steps[0] as Indexes, steps[1] as Indexes, String)).toBe('books makes c')
  })

  test('an index of other keys is removed and made again', () => {
    const wanted = { books: [index('a', 'other')] }
    expect(names({ books: all('a') }, wanted)).toEqual([{ books: [] }, { books: ['a'] }])
    expect(indexSteps({ books: all('a') }, wanted).at(-1)).toEqual(wanted)
  })

  test('a table that is new has its indexes from the start; nothing to change is one deployment', () => {
    expect(names({}, { books: all('a', 'b', 'c') })).toHaveLength(1)
    expect(names({ books: all('a', 'b') }, { books: all('b', 'a') })).toHaveLength(1)
    expect(names({ gone: all('a', 'b') }, {})).toEqual([{}])
  })

  test('no step changes more than one index of a table, whatever is there and wanted', () => {
    const letters = ['a', 'b', 'c', 'd']
    const subsets = Array.from({ length: 16 }, (_, bits) =>
      letters.filter((_, at) => bits & (1 << at)),
    )
    for (const from of subsets)
      for (const to of subsets) {
        let before = new Set(from)
        const steps = names({ books: all(...from) }, { books: all(...to) })
        for (const { books = [] } of steps) {
          expect(before.symmetricDifference(new Set(books)).size).toBeLessThanOrEqual(1)
          before = new Set(books)
        }
        expect([...before].sort()).toEqual(to)
        const changes = new Set(from).symmetricDifference(new Set(to)).size
        expect(steps).toHaveLength(Math.max(1, changes))
      }
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plots } from '../bench/plots.ts'
import type { Results } from '../bench/results.ts'
import { root } from '../infra/bundle.ts'
import { plot } from './soak/plot.ts'

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8')
}

const results: Results = JSON.parse(read('bench/results.json'))

test.each(Object.entries(plots))(
  'the plot %s shows the results (else: npm run bench -- --plots)',
  async (name, draw) => {
    expect(await draw(results)).toBe(read(`bench/plots/${name}.svg`))
  },
)

test('the plot of the soak shows its report (else: npm run soak -- --plot)', async () => {
  expect(await plot(JSON.parse(read('docs/soak.json')))).toBe(read('docs/soak.svg'))
})

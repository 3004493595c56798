import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import { widgets } from '../../infra/picture/definition.ts'

test("the dashboard's picture is of the dashboard: else `npm run dashboard` draws it anew", () => {
  const picture = readFileSync(join(root, 'docs', 'dashboard.svg'), 'utf8')
  const drawn = [...picture.matchAll(/font-weight="600">([^<]*)</g)].map(([, title]) => title)
  const declared = widgets(readAssembly(inject('assembly')).template)
  expect(drawn).toEqual(declared.map(({ title }) => title))
  const alarms = declared.flatMap(({ alarms }) => alarms)
  expect(alarms.length).toBeGreaterThan(8)
  for (const { name } of alarms) expect(picture).toContain(`>${name}<`)
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'

test("the name that people read is written in one place, which is the product's", () => {
  const files = globSync('functions/**/*.{ts,html}', { cwd: root })
  const code = (file: string) =>
    readFileSync(join(root, file), 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
  const naming = files.filter((file) => code(file).includes('Portcullis'))
  // Metrics keep their namespace, which alarms and dashboards know.
  expect(naming.sort()).toEqual([
    'functions/config/environment.ts',
    'functions/resources/product.ts',
  ])
})

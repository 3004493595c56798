import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../infra/bundle.ts'
import { parts } from './full/parts.ts'
import { slow } from './projects.ts'

test('the nightly workflow runs every part of the full suite', () => {
  const workflow = readFileSync(join(root, '.github/workflows/nightly.yml'), 'utf8')
  const listed = [...workflow.matchAll(/^ {10}- (\S+)$/gm)].map(([, name]) => name)
  expect(listed).toEqual(parts.map(({ name }) => name))
})

test.each(parts)('the files of the part $name are there', ({ tests = [], program = [] }) => {
  for (const file of [...tests, ...program.slice(0, 1)])
    expect(existsSync(join(root, file)), file).toBe(true)
})

test('each commit has one short part to run', () => {
  const program = join(root, 'test/full/main.ts')
  const said = execFileSync(process.execPath, [program, '--of', 'HEAD', '--list'], { cwd: root })
  const [name = '', ...others] = said.toString().trim().split('\n')
  expect(others).toEqual([])
  expect(parts.find((part) => part.name === name)?.minutes).toBeLessThan(4)
})

test('each commit runs what is slow', () => {
  expect(readFileSync(join(root, '.ci/run'), 'utf8')).toMatch(/^npm run test:slow$/m)
})

test.each(slow)('there are slow tests in %s', (pattern) => {
  // Each of the names in braces, too.
  const [, before = pattern, names = '', after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? []
  for (const name of names.split(','))
    expect(globSync(`${before}${name}${after}`, { cwd: root }), name).not.toEqual([])
})

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')
const documents = globSync('{*.md,docs/*.md}', { cwd: root }).map((name) => ({
  name,
  text: readFileSync(join(root, name), 'utf8'),
}))
const readme = documents.find(({ name }) => name === 'README.md')?.text ?? ''

test('M23: tokens are kept out of localStorage, and there is a better place', () => {
  expect(readme).toMatch(/keep tokens out of `localStorage`/)
  for (const attribute of ['__Host-', 'HttpOnly', 'Secure', 'SameSite=Strict'])
    expect(readme).toContain(attribute)
})

test('M27: a JWT neither hides nor encrypts, and its signature is not optional', () => {
  expect(readme).toContain('A JWT is signed, not encrypted')
  for (const { name, text } of documents)
    expect(text, name).not.toMatch(
      /obfuscat|JavaScript web token|signature is optional|(?<!not )encrypts the/i,
    )
})

test('what the documents link to is there', () => {
  for (const { name, text } of documents)
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
      expect(existsSync(join(root, name, '..', target)), `${name}: ${target}`).toBe(true)
})

test('the commands that the documents name are there', () => {
  const scripts = Object.keys(manifest.scripts)
  for (const { name, text } of documents)
    for (const [, script = ''] of text.matchAll(/npm run ([a-z][a-z:]*)/g))
      expect(scripts, name).toContain(script)
})

test('no command looks at the first hundred resources of a stack alone', () => {
  for (const { name, text } of documents)
    expect(text, name).not.toContain('describe-stack-resources')
})

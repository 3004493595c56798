import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Build, openBuild } from '../../../infra/local/build.ts'
import { scratch } from './fixture.ts'
import { root } from './project.ts'

/** What `npm start` makes of the project's own sources. */
describe('functions are bundled when they are called', () => {
  const outdir = join(scratch, 'built')
  const bundled = () =>
    readdirSync(join(outdir, 'bundles'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => existsSync(join(outdir, 'bundles', name, 'index.mjs')))
  let build: Build

  beforeAll(async () => {
    build = openBuild(root, outdir)
    expect(await build.synthesize()).toBe(true)
  })

  test('only what a start needs is bundled with the stack, and nothing when it starts again', async () => {
    expect(bundled()).toEqual(['admin', 'authorizer', 'rotate-keys', 'system'])
    expect(await openBuild(root, outdir).synthesize()).toBe(false)
  })

  test('functions that are called meanwhile are bundled, as they are deployed', async () => {
    const names = ['sessions', 'clean-up']
    const directories = await Promise.all(names.map(build.codeOf))
    expect(directories).toEqual(names.map((name) => join(outdir, 'bundles', name)))
    // In a process of its own: this one has more resources, and short names depend on all that is read.
    const deployed = join(scratch, 'deployed')
    const script = `const { bundle } = await import('./infra/bundle.ts'); await bundle(['sessions'])`
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      env: { ...process.env, BUNDLE_DIR: deployed },
    })
    const code = (directory = '') => readFileSync(join(directory, 'index.mjs'))
    expect(code(directories[0]).equals(code(join(deployed, 'sessions')))).toBe(true)
    expect(existsSync(`${directories[0]}.map`)).toBe(true)
  })

  test('an edit bundles what was called again, and no more', async () => {
    const before = bundled()
    const edited = ['functions/sessions.ts', 'functions/email.ts', 'functions/.sessions.ts.swp']
    expect(await build.update(edited)).toEqual(['sessions', 'email'])
    expect(bundled()).toEqual(before)
  })

  test('a function that cannot be bundled is told, and tried again when it is called again', async () => {
    await expect(build.codeOf('no-such-function')).rejects.toThrow(/no-such-function/)
    await expect(build.codeOf('no-such-function')).rejects.toThrow(/no-such-function/)
    expect(await build.codeOf('sessions')).toMatch(/sessions$/)
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { scratch } from '../assembly.ts'

/** Loaded into every Node process: notes and refuses whatever would leave the machine. */
const guard = `
import dns from 'node:dns'
import net from 'node:net'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const refuse = (what) => {
  appendFileSync(process.env.ATTEMPTS, what + '\\n')
  throw new Error('no network here: ' + what)
}
const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...given) {
  const [options] = [given[0]].flat()
  return options?.path ? connect.apply(this, given) : refuse(JSON.stringify(options))
}
dns.lookup = (name) => refuse(name)
dns.promises.lookup = async (name) => refuse(name)
syncBuiltinESMExports()
`

const hook = join(scratch, 'guard.mjs')
const attempts = join(scratch, 'attempts')
writeFileSync(hook, guard)

function run(...args: string[]) {
  const home = join(scratch, 'home')
  mkdirSync(home, { recursive: true })
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    // Nobody's credentials, region or settings.
    env: {
      PATH: process.env.PATH,
      HOME: home,
      ATTEMPTS: attempts,
      CDK_VALIDATION: 'false',
      NODE_OPTIONS: `--import ${pathToFileURL(hook)}`,
    },
    encoding: 'utf8',
  })
  return { status, stderr, attempts: existsSync(attempts) ? readFileSync(attempts, 'utf8') : '' }
}

test('synthesizes without a connection, credentials or a region', () => {
  const outdir = join(scratch, 'cdk.out')
  const outcome = run(
    'infra/deploy/main.ts',
    'synth',
    '--quiet',
    '--stage',
    'prod',
    '--output',
    outdir,
  )
  expect(outcome).toMatchObject({ status: 0, attempts: '' })
  expect(existsSync(join(outdir, 'Portcullis-prod.template.json'))).toBe(true)
})

test('this test would see a connection', () => {
  expect(run('--eval', 'fetch("http://192.0.2.1/").catch(() => {})').attempts).toContain(
    '192.0.2.1',
  )
})

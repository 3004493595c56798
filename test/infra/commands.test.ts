import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { scratch } from '../assembly.ts'

/** `npm run …` as somebody who has no credentials. */
function run(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('infra', file), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: join(scratch, 'nobody') },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('what is wrong with a command is said in one line', () => {
  test.each([
    ['client/main.ts', ['--out'], "Option '--out <value>' argument missing"],
    ['client/main.ts', [], 'usage: npm run client -- --out <file>'],
    ['client/main.ts', ['api.ts'], "Unexpected argument 'api.ts'."],
    ['client/main.ts', ['--out', 'missing/folder/api.ts'], 'ENOENT: no such file or directory'],
    ['cost/main.ts', ['--stage', 'qa'], 'Unknown stage qa: use one of local, dev, prod'],
    ['cost/main.ts', ['--users', 'many'], '--users many is not a number'],
    ['openapi.ts', ['--chek'], "Unknown option '--chek'"],
    ['openapi.ts', ['help'], "Unexpected argument 'help'."],
    ['operator/admin.ts', ['--stage', 'qa', 'list-keys'], 'Unknown stage qa'],
    ['operator/export.ts', ['--out', 'missing/folder/all.jsonl'], 'ENOENT: no such file'],
    ['operator/import.ts', ['missing.jsonl'], 'ENOENT: no such file'],
    ['deploy/main.ts', ['diff', '--stage', 'qa'], 'Unknown stage qa: use one of local, dev, prod'],
    ['deploy/main.ts', ['deploy', '--widen'], '--widen needs a value'],
  ])('%s %j', (file, args, message) => {
    const { status, stdout, stderr } = run(file, ...args)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)])
  })
})

test.each([
  [['--help'], 0],
  [['everything'], 1],
])('verify %j says what it takes, with the status %i', (args, status) => {
  const said = run('verify/main.ts', ...args)
  expect(said).toMatchObject({ status, stderr: '', stdout: expect.stringContaining('[lint]') })
})

test('openapi.json is written only when nothing else is asked for', () => {
  const file = join(root, 'openapi.json')
  const before = readFileSync(file, 'utf8')
  expect(run('openapi.ts', '--help')).toMatchObject({
    ...{ status: 0, stderr: '', stdout: expect.stringContaining('npm run openapi') },
  })
  expect(readFileSync(file, 'utf8')).toBe(before)
})

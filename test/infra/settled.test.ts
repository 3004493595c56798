import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { longestInvocation } from '../../infra/functions.ts'
import { untilSettled } from '../../infra/operator/settled.ts'
import { assemblyOf, read, scratch } from '../assembly.ts'

const now = Date.parse('2026-11-28T12:00:00.000Z')

describe('re-indexing begins when no instance of the version before can still write', () => {
  test('no function runs longer than is waited', async () => {
    const { model } = read(await assemblyOf('local'))
    expect(Math.max(...model.functions.map(({ timeoutMs }) => timeoutMs / 1000))).toBe(
      longestInvocation,
    )
  })

  test.each([
    ['UPDATE_COMPLETE', '2026-11-28T11:59:59Z', 59_000],
    ['UPDATE_COMPLETE', '2026-11-28T11:59:00.000000+00:00', 0],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', '2026-11-28T12:00:00Z', 60_000],
    ['UPDATE_ROLLBACK_COMPLETE', '2026-11-28T11:59:30Z', 30_000],
    ['CREATE_COMPLETE', '2020-01-01T00:00:00Z', 0],
  ])('%s since %s: waits %i ms', (status, lastEventAt, wait) => {
    expect(untilSettled({ status, lastEventAt }, now)).toBe(wait)
  })

  test.each([
    ['UPDATE_IN_PROGRESS', '2026-11-28T11:00:00Z', /the stack is UPDATE_IN_PROGRESS/],
    ['UPDATE_ROLLBACK_IN_PROGRESS', '2026-11-28T11:00:00Z', /when the deployment has ended/],
    ['UPDATE_COMPLETE', 'None', /cannot tell when/],
  ])('%s since %s is refused', (status, lastEventAt, why) => {
    expect(() => untilSettled({ status, lastEventAt }, now)).toThrow(why)
  })

  test('the command asks CloudFormation before it changes anything, and not to check', () => {
    const bin = join(scratch, 'bin')
    const log = join(scratch, 'aws.log')
    mkdirSync(bin)
    // The AWS CLI, in the middle of a deployment.
    const cli = `#!${process.execPath}
const { appendFileSync, writeFileSync } = require('node:fs')
const given = process.argv.slice(2)
appendFileSync(${JSON.stringify(log)}, given.slice(0, 2).join(' ') + '\\n')
if (given[1] === 'describe-stack-events') console.log('2026-11-28T11:00:00.000Z')
else if (given.includes('Stacks[0].StackStatus')) console.log('UPDATE_IN_PROGRESS')
else if (given[0] === 'cloudformation') console.log('the-function')
else {
  const answer = { ids: [], behind: 0, duplicates: [], unfit: [], values: [], next: null }
  const { command } = JSON.parse(require('node:fs').readFileSync(given[given.indexOf('--payload') + 1].slice(8)))
  const status = [{ resource: 'pupils', complete: false }]
  writeFileSync(given.at(-1), JSON.stringify(command === 'reindex-status' ? status : answer))
  console.log('{}')
}
`
    writeFileSync(join(bin, 'aws'), cli, { mode: 0o755 })
    const reindex = (...more: string[]) =>
      spawnSync(
        process.execPath,
        ['infra/operator/admin.ts', 'reindex', 'students', '--stage', 'prod', ...more],
        {
          cwd: root,
          encoding: 'utf8',
          env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
        },
      )
    const refused = reindex()
    expect([refused.status, refused.stderr]).toEqual([
      1,
      'the stack is UPDATE_IN_PROGRESS: re-index it when the deployment has ended\n',
    ])
    expect(readFileSync(log, 'utf8')).toBe(
      'cloudformation describe-stacks\ncloudformation describe-stack-events\n',
    )
    const checked = reindex('--check')
    expect([checked.status, checked.stdout]).toEqual([
      0,
      'students: 0 items, 0 of them written under a different declaration\n',
    ])
  })
})

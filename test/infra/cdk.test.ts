import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { scratch } from '../assembly.ts'

/** `npm run …` as somebody who has no credentials. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/cdk.ts', ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: join(scratch, 'nobody'),
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_VALIDATION: 'false',
    },
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

test('deploy without credentials says what is missing', () => {
  const { status, output } = run('deploy', '--stage', 'prod', '--output', join(scratch, 'cdk.out'))
  expect(status).toBe(1)
  expect(output).toContain('There are no AWS credentials here.')
  expect(output).toContain('npm run bootstrap')
})

test.each([
  [['deploy', '--stage', 'local'], 'The stage local is what `npm start` serves'],
  [['diff', '--stage', 'production'], 'No stage production: there are local, dev, prod'],
  [['explode'], 'npm run synth|diff|deploy|destroy|bootstrap'],
])('%j is refused at once', (args, message) => {
  const { status, output } = run(...args)
  expect(status).toBe(1)
  expect(output).toContain(message)
})

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { tableId } from '../../functions/config/environment.ts'
import { line } from '../../functions/model/fields.ts'
import { resource } from '../../functions/model/resource.ts'
import { root } from '../../infra/bundle.ts'
import { readAssembly } from '../../infra/local/assembly.ts'
import { recordName, writtenRecord } from '../../infra/plan/deployed.ts'
import { recordOf } from '../../infra/plan/record.ts'
import { scratch } from '../assembly.ts'

/** `npm run …` as somebody who has no credentials. */
function run(...args: string[]) {
  return runWith(process.env.PATH ?? '', args)
}

function runWith(path: string, args: readonly string[], more: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['infra/deploy/main.ts', ...args],
    {
      cwd: root,
      env: {
        PATH: path,
        HOME: join(scratch, 'nobody'),
        AWS_EC2_METADATA_DISABLED: 'true',
        CDK_VALIDATION: 'false',
        ...more,
      },
      encoding: 'utf8',
    },
  )
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
  [['diff', '--stage', 'production'], 'Unknown stage production: use one of local, dev, prod'],
  [['explode'], 'npm run synth|diff|deploy|destroy|bootstrap'],
])('%j is refused at once', (args, message) => {
  const { status, output } = run(...args)
  expect(status).toBe(1)
  expect(output).toContain(message)
})

test('deploy compares with the template that the AWS CLI tells, and refuses what would be lost', () => {
  const relics = resource({ name: 'relics', singular: 'relic', fields: { title: line(1, 9) } })
  const TemplateBody = {
    Metadata: { [recordName]: writtenRecord(recordOf([relics])) },
    Resources: {
      [tableId('relics')]: {
        Type: 'AWS::DynamoDB::Table',
        Properties: { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] },
      },
    },
  }
  const answers = {
    'describe-stacks': 'UPDATE_COMPLETE',
    'get-template': JSON.stringify({ TemplateBody }),
    'list-stack-resources': JSON.stringify([[tableId('relics'), 'relics-1ABC']]),
    scan: JSON.stringify({ Count: 7 }),
  }
  const tools = join(scratch, 'tools')
  mkdirSync(tools)
  const [log, cli] = [join(tools, 'log'), join(tools, 'aws')]
  for (const [name, text] of Object.entries(answers)) writeFileSync(join(tools, name), text)
  writeFileSync(
    cli,
    `#!/bin/sh\necho "$AWS_ACCESS_KEY_ID: $*" >> '${log}'\nexec cat '${tools}'/"$2"\n`,
  )
  chmodSync(cli, 0o700)
  const output = join(scratch, 'planned.out')
  const indexes = JSON.stringify({ [tableId('users')]: [] })
  const own = ['--profile', 'mine', '--output', output, '-c', `indexes=${indexes}`]
  const given = ['deploy', '--stage=prod', ...own]
  const path = [tools, process.env.PATH].join(delimiter)
  const { status, output: said } = runWith(path, [...given, '--widen', 'novels'], {
    // What the profile may build on: `credential_source = Environment`.
    AWS_ACCESS_KEY_ID: 'key',
  })
  expect(status).toBe(1)
  expect(said).toMatch(/! relics: .* its table with 7 stored items .* To go on: --replace relics/)
  expect(said).toContain('users: is new, with an empty table.')
  expect(said).toContain(
    `npm run deploy -- --stage prod --profile mine --context 'indexes=${indexes}' --replace relics\n`,
  )
  expect(readFileSync(log, 'utf8').split('\n')).toEqual([
    expect.stringMatching(
      /^key: cloudformation describe-stacks --stack-name Portcullis-prod .* --profile mine$/,
    ),
    expect.stringMatching(
      /^key: cloudformation get-template .*--template-stage Original .* --profile mine$/,
    ),
    expect.stringMatching(/^key: cloudformation list-stack-resources .* --profile mine$/),
    expect.stringMatching(
      /^key: dynamodb scan --table-name relics-1ABC --select COUNT --no-paginate .* --profile mine$/,
    ),
    '',
  ])
  // The context that was given counts in what is compared.
  const synthesized = readAssembly(output, 'Portcullis-prod').template
  const users = synthesized.Resources[tableId('users')]?.Properties
  expect(users).toMatchObject({ KeySchema: expect.anything() })
  expect(users).not.toHaveProperty('GlobalSecondaryIndexes')
})

test('every optional setting passes the validation', () => {
  const program = `
    const [{ App }, { apiStack }, { findings }, { stages }, { functionNames }, { stageFaults }] =
      await Promise.all([
        import('aws-cdk-lib'),
        import('./infra/api-stack.ts'),
        import('./infra/findings.ts'),
        import('./infra/stages.ts'),
        import('./infra/bundle.ts'),
        import('./infra/stage-faults.ts'),
      ])
    const { default: cdk } = await import('./cdk.json', { with: { type: 'json' } })
    const app = new App({ context: cdk.context, outdir: ${JSON.stringify(join(scratch, 'all.out'))} })
    const stage = {
      ...stages.prod,
      name: 'staging',
      algorithm: 'HS256',
      alarmEmail: 'ops@example.org',
      mailFrom: 'Acme <no-reply@example.org>',
      publicUrl: 'https://api.example.org',
      appUrl: 'https://app.example.org/account',
      certificate: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
      allowedOrigins: ['https://app.example.org'],
      firewall: true,
      concurrency: { login: 50 },
      requestsALine: 10,
      authorizerCache: 60,
    }
    const faults = stageFaults(stage)
    if (faults.length > 0) throw new Error(faults.join('; '))
    apiStack(app, stage, await functionNames())
    await findings(app)
    app.synth()`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: root, env: { ...process.env, CDK_VALIDATION: 'true' }, encoding: 'utf8' },
  )
  expect(status, stdout + stderr).toBe(0)
})

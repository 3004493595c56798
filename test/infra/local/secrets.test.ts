import { expect, test } from 'vitest'
import { createClock } from '../../../infra/local/clock.ts'
import { randomPassword } from '../../../infra/local/passwords.ts'
import { createSecrets } from '../../../infra/local/secrets.ts'

const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-AbCdEf'

function deployed(generate = { PasswordLength: 20 }) {
  const secrets = createSecrets(createClock())
  secrets.deploy([{ id: 'Key', name: 'key', arn, value: undefined, generate }], [])
  const call = (operation: string, request: object = {}) =>
    secrets.handle(operation, { SecretId: 'key', ...request })
  return { secrets, call }
}

test('a secret is found by name and by ARN', () => {
  const { secrets } = deployed()
  const value = (SecretId: string) => secrets.handle('GetSecretValue', { SecretId })?.SecretString
  expect(value('key')).toHaveLength(20)
  expect(value(arn)).toBe(value('key'))
  expect(() => value('other')).toThrow("can't find the specified secret")
})

test('a new value becomes AWSCURRENT and the old one AWSPREVIOUS', () => {
  const { call } = deployed()
  const { SecretString: first } = call('GetSecretValue') ?? {}
  call('PutSecretValue', { SecretString: 'second', ClientRequestToken: 't2' })
  expect(call('GetSecretValue')).toMatchObject({ SecretString: 'second', VersionId: 't2' })
  expect(call('GetSecretValue', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({
    SecretString: first,
  })
})

test('a request token may be repeated with the same value only', () => {
  const { call } = deployed()
  const put = (SecretString: string) =>
    call('PutSecretValue', { SecretString, ClientRequestToken: 't' })
  put('same')
  expect(put('same')).toMatchObject({ VersionId: 't' })
  expect(() => put('other')).toThrow('already has another value')
})

test('a label moves only from the version that is named', () => {
  const { call } = deployed()
  call('PutSecretValue', { SecretString: 'next', ClientRequestToken: 'n', VersionStages: ['X'] })
  const { VersionId: current } = call('GetSecretValue') ?? {}
  const move = (RemoveFromVersionId?: unknown) =>
    call('UpdateSecretVersionStage', {
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: 'n',
      ...(RemoveFromVersionId === undefined ? {} : { RemoveFromVersionId }),
    })
  expect(() => move()).toThrow('AWSCURRENT is attached to version')
  move(current)
  expect(call('GetSecretValue')).toMatchObject({ SecretString: 'next' })
  expect(call('DescribeSecret')).toMatchObject({
    VersionIdsToStages: { [String(current)]: ['AWSPREVIOUS'], n: ['X', 'AWSCURRENT'] },
  })
})

test('a rotation begins with a labelled version without a value, and resumes it', () => {
  const { secrets, call } = deployed()
  const id = secrets.beginRotation(arn)
  expect(call('DescribeSecret')).toMatchObject({ VersionIdsToStages: { [id]: ['AWSPENDING'] } })
  expect(() => call('GetSecretValue', { VersionStage: 'AWSPENDING' })).toThrow("can't find")
  expect(secrets.beginRotation(arn)).toBe(id)
  expect(() => secrets.endRotation(arn, id)).toThrow('did not make its version AWSCURRENT')
})

test('a template of JSON receives the password under its key', () => {
  const generate = {
    PasswordLength: 8,
    SecretStringTemplate: '{"user":"a"}',
    GenerateStringKey: 'password',
  }
  const { call } = deployed(generate)
  const value = JSON.parse(String(call('GetSecretValue')?.SecretString))
  expect(value).toEqual({ user: 'a', password: expect.stringMatching(/^.{8}$/) })
})

test('random passwords keep to the rules', () => {
  const rules = { PasswordLength: 4, ExcludePunctuation: true, ExcludeCharacters: 'abc' }
  for (let round = 0; round < 200; round++) {
    expect(randomPassword(rules)).toMatch(/^(?=.*[d-z])(?=.*[A-Z])(?=.*\d)[d-zA-Z\d]{4}$/)
  }
})

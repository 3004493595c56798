import { expect, test } from 'vitest'
import { randomPassword } from '../../../../infra/local/aws/passwords.ts'
import {
  beginRotation,
  deploySecrets,
  endRotation,
  openSecrets,
} from '../../../../infra/local/aws/secret-store.ts'
import { performOnSecret } from '../../../../infra/local/aws/secrets-manager.ts'
import { movableClock } from '../../../../infra/local/clock.ts'

const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-AbCdEf'

function deployed(generate = { PasswordLength: 20 }) {
  const secrets = openSecrets(movableClock())
  deploySecrets(secrets, [{ id: 'Key', name: 'key', arn, value: undefined, generate }])
  return (operation: string, request: object = {}) =>
    performOnSecret(secrets, [], operation, { SecretId: 'key', ...request })
}

test('a secret is found by name and by ARN', () => {
  const call = deployed()
  const value = (SecretId: string) => call('GetSecretValue', { SecretId }).SecretString
  expect(value('key')).toHaveLength(20)
  expect(value(arn)).toBe(value('key'))
  expect(() => value('other')).toThrow("can't find the specified secret")
})

test('a new value becomes AWSCURRENT and the old one AWSPREVIOUS', () => {
  const call = deployed()
  const { SecretString: first } = call('GetSecretValue')
  call('PutSecretValue', { SecretString: 'second', ClientRequestToken: 't2' })
  expect(call('GetSecretValue')).toMatchObject({ SecretString: 'second', VersionId: 't2' })
  expect(call('GetSecretValue', { VersionStage: 'AWSPREVIOUS' })).toMatchObject({
    SecretString: first,
  })
})

test('a request token may be repeated with the same value only', () => {
  const call = deployed()
  const put = (SecretString: string) =>
    call('PutSecretValue', { SecretString, ClientRequestToken: 't' })
  put('same')
  expect(put('same')).toMatchObject({ VersionId: 't' })
  expect(() => put('other')).toThrow('already has another value')
})

test('a label moves only from the version that is named', () => {
  const call = deployed()
  call('PutSecretValue', { SecretString: 'next', ClientRequestToken: 'n', VersionStages: ['X'] })
  const { VersionId: current } = call('GetSecretValue')
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
  const store = openSecrets(movableClock())
  deploySecrets(store, [{ id: 'Key', name: 'key', arn, value: 'first', generate: undefined }])
  const call = (operation: string, request: object = {}) =>
    performOnSecret(store, [], operation, { SecretId: 'key', ...request })
  const id = beginRotation(store, arn)
  expect(call('DescribeSecret')).toMatchObject({ VersionIdsToStages: { [id]: ['AWSPENDING'] } })
  expect(() => call('GetSecretValue', { VersionStage: 'AWSPENDING' })).toThrow("can't find")
  expect(beginRotation(store, arn)).toBe(id)
  expect(() => endRotation(store, arn, id, 'Monthly')).toThrow(
    'did not make its version AWSCURRENT',
  )
})

test('a template of JSON receives the password under its key', () => {
  const generate = {
    PasswordLength: 8,
    SecretStringTemplate: '{"user":"a"}',
    GenerateStringKey: 'password',
  }
  const call = deployed(generate)
  const value = JSON.parse(String(call('GetSecretValue').SecretString))
  expect(value).toEqual({ user: 'a', password: expect.stringMatching(/^.{8}$/) })
})

test('random passwords keep to the rules', () => {
  const rules = { PasswordLength: 4, ExcludePunctuation: true, ExcludeCharacters: 'abc' }
  for (let round = 0; round < 200; round++) {
    expect(randomPassword(rules)).toMatch(/^(?=.*[d-z])(?=.*[A-Z])(?=.*\d)[d-zA-Z\d]{4}$/)
  }
})

import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../../../infra/local/aws/iam.ts'
import { wildcard } from '../../../../infra/local/aws/wildcard.ts'
import type { Statement } from '../../../../infra/local/model.ts'

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/Things'
const decide = (statements: Statement[], action: string, on = table, context = {}) =>
  compilePolicy(statements, 'the role').decide(action, on, () => context)
const allow = (Action: string | string[], Resource: string | string[] = table): Statement => {
  return { Effect: 'Allow', Action, Resource }
}

describe('wildcards', () => {
  test.each([
    ['a*c', 'a/b/c', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    [
      'arn:aws:execute-api:*:*:id/*/GET/users/*',
      'arn:aws:execute-api:r:1:id/s/GET/users/x/memos',
      true,
    ],
    ['table/Things', 'table/Things2', false],
    ['(a|b)', 'a', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(wildcard(pattern)(text)).toBe(expected)
  })
})

describe('decisions', () => {
  test('nothing is allowed by default', () => {
    expect(decide([], 'dynamodb:GetItem')).toBe('denied')
    expect(decide([allow('dynamodb:GetItem')], 'dynamodb:PutItem')).toBe('denied')
    expect(decide([allow('dynamodb:GetItem')], 'dynamodb:GetItem', `${table}2`)).toBe('denied')
  })

  test('actions are compared without regard to case, resources are not', () => {
    expect(decide([allow('DynamoDB:getitem')], 'dynamodb:GetItem')).toBe('allowed')
    expect(decide([allow('*', table.toLowerCase())], 'dynamodb:GetItem')).toBe('denied')
  })

  test('an explicit Deny wins, wherever it stands', () => {
    const deny: Statement = { Effect: 'Deny', Action: 'dynamodb:Delete*', Resource: '*' }
    for (const statements of [
      [deny, allow('*')],
      [allow('*'), deny],
    ]) {
      expect(decide(statements, 'dynamodb:DeleteItem')).toBe('explicitly denied')
      expect(decide(statements, 'dynamodb:GetItem')).toBe('allowed')
    }
  })

  test('NotAction and NotResource mean all but', () => {
    const statement: Statement = {
      Effect: 'Allow',
      NotAction: 'dynamodb:Delete*',
      NotResource: `${table}/index/*`,
    }
    expect(decide([statement], 'dynamodb:GetItem')).toBe('allowed')
    expect(decide([statement], 'dynamodb:DeleteItem')).toBe('denied')
    expect(decide([statement], 'dynamodb:Query', `${table}/index/i`)).toBe('denied')
  })
})

describe('conditions', () => {
  const keys = 'dynamodb:LeadingKeys'
  const under = (Condition: NonNullable<Statement['Condition']>, context: object) =>
    decide([{ ...allow('*'), Condition }], 'dynamodb:GetItem', table, context)

  test.each<[NonNullable<Statement['Condition']>, Record<string, string[]>, string]>([
    [{ 'ForAllValues:StringEquals': { [keys]: ['a', 'b'] } }, { [keys]: ['a', 'b'] }, 'allowed'],
    [{ 'ForAllValues:StringEquals': { [keys]: ['a'] } }, { [keys]: ['a', 'b'] }, 'denied'],
    [{ 'ForAllValues:StringEquals': { [keys]: ['a'] } }, {}, 'allowed'],
    [{ 'ForAnyValue:StringLike': { [keys]: 'a*' } }, { [keys]: ['b', 'ax'] }, 'allowed'],
    [{ StringEquals: { [keys]: 'a' } }, {}, 'denied'],
    [{ StringEqualsIfExists: { [keys]: 'a' } }, {}, 'allowed'],
    [{ StringNotEquals: { [keys]: 'a' } }, { [keys]: ['b'] }, 'allowed'],
    [{ StringNotEquals: { [keys]: ['a', 'b'] } }, { [keys]: ['b'] }, 'denied'],
    [{ Null: { [keys]: 'false' } }, {}, 'denied'],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:securetransport': ['true'] }, 'allowed'],
  ])('%j of %j: %s', (condition, context, expected) => {
    expect(under(condition, context)).toBe(expected)
  })

  test('operators and keys that are not understood are refused when the policy loads', () => {
    const load = (Condition: NonNullable<Statement['Condition']>) => () =>
      compilePolicy([{ ...allow('*'), Condition }], 'the role of X')
    expect(load({ IpAddress: { [keys]: 'x' } })).toThrow('the role of X: the condition operator')
    expect(load({ StringEquals: { 'aws:PrincipalTag/x': 'y' } })).toThrow('the condition key')
  })
})

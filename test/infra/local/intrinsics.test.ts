import { describe, expect, test } from 'vitest'
import type { Template } from '../../../infra/local/assembly.ts'
import { createResolver } from '../../../infra/local/intrinsics.ts'

// The placeholders of Fn::Sub look like those of a template string.
const of = (name: string) => `$\{${name}}`

const template: Template = {
  Resources: { Table: { Type: 'AWS::DynamoDB::Table' } },
  Parameters: {
    Name: { Type: 'String', Default: 'portcullis' },
    Bare: { Type: 'String' },
    List: { Type: 'CommaDelimitedList', Default: 'a,b' },
    Ssm: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/path' },
  },
  Conditions: {
    Yes: { 'Fn::Equals': [{ Ref: 'Name' }, 'portcullis'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  },
  Mappings: { Sizes: { local: { memory: 128 } } },
}

const resolve = createResolver({
  template,
  parameters: { Given: 'unused' },
  pseudo: { 'AWS::Region': 'us-east-1' },
  identify: (id) => ({ ref: `ref-${id}`, attributes: { Arn: `arn-${id}`, 'A.B': 'nested' } }),
})

describe('values', () => {
  test.each<[unknown, unknown]>([
    [{ Ref: 'Table' }, 'ref-Table'],
    [{ Ref: 'Name' }, 'portcullis'],
    [{ Ref: 'List' }, ['a', 'b']],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn-Table'],
    [{ 'Fn::GetAtt': 'Table.A.B' }, 'nested'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'Table' }]] }, 'a/ref-Table'],
    [
      { 'Fn::Sub': `${of('Table')}-${of('Table.Arn')}-${of('!Kept')}` },
      `ref-Table-arn-Table-${of('Kept')}`,
    ],
    [{ 'Fn::Sub': [of('x'), { x: { Ref: 'Name' } }] }, 'portcullis'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['Yes', 1, 2] }, 1],
    [{ 'Fn::If': ['No', 1, 2] }, 2],
    [{ 'Fn::If': ['Both', 1, 2] }, 2],
    [{ 'Fn::If': ['Either', 1, 2] }, 1],
    [{ 'Fn::FindInMap': ['Sizes', 'local', 'memory'] }, 128],
    [{ a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    [
      { Condition: { StringEquals: { k: { Ref: 'Name' } } } },
      { Condition: { StringEquals: { k: 'portcullis' } } },
    ],
  ])('%j is %j', (expression, value) => {
    expect(resolve(expression, 'Here')).toEqual(value)
  })
})

describe('refusals name the resource', () => {
  test.each<[unknown, string]>([
    [{ 'Fn::ImportValue': 'x' }, 'Here: Fn::ImportValue is not understood here'],
    [{ 'Fn::Transform': {} }, 'Here: Fn::Transform'],
    [{ Ref: 'Nothing' }, 'Here: refers to Nothing'],
    [{ Ref: 'Bare' }, 'Here: parameter Bare has no value'],
    [{ Ref: 'Ssm' }, 'Here: parameter Ssm comes from SSM'],
    [{ 'Fn::GetAtt': ['Table', 'Colour'] }, 'Here: the attribute Colour of Table'],
    [{ 'Fn::If': ['Unheard', 1, 2] }, 'Here: there is no condition Unheard'],
    [{ 'Fn::Join': ['', 'text'] }, 'Here: expected a list'],
    [{ 'Fn::Select': [9, ['a']] }, 'Here: Fn::Select is out of range'],
  ])('%j', (expression, message) => {
    expect(() => resolve(expression, 'Here')).toThrow(message)
  })
})

import { expect, test } from 'vitest'
import { matchesPattern } from '../../../../infra/local/lambda/event-filter.ts'

const event = { eventName: 'REMOVE', dynamodb: { Keys: { id: { S: 'user#1' } }, count: 3 } }

test.each([
  [{ eventName: ['REMOVE'] }, true],
  [{ eventName: ['INSERT', 'REMOVE'] }, true],
  [{ eventName: ['INSERT'] }, false],
  [{ eventName: ['REMOVE'], dynamodb: { count: [3] } }, true],
  [{ eventName: ['REMOVE'], dynamodb: { count: [4] } }, false],
  [{ dynamodb: { Keys: { id: { S: [{ prefix: 'user#' }] } } } }, true],
  [{ dynamodb: { OldImage: [{ exists: false }] } }, true],
  [{ dynamodb: { OldImage: { x: [{ exists: true }] } } }, false],
  [{ eventName: [{ 'anything-but': ['INSERT'] }] }, true],
  [{ eventName: [{ suffix: 'MOVE' }] }, true],
  [{ eventName: [{ 'equals-ignore-case': 'remove' }] }, true],
  [{ dynamodb: { count: [{ numeric: ['>', 2, '<=', 3] }] } }, true],
  [{ dynamodb: { count: [{ numeric: ['>', 3] }] } }, false],
  [{ $or: [{ eventName: ['INSERT'] }, { dynamodb: { count: [3] } }] }, true],
  [{ $or: [{ eventName: ['INSERT'] }, { dynamodb: { count: [4] } }] }, false],
])('%j: %s', (pattern, expected) => {
  expect(matchesPattern(pattern, event)).toBe(expected)
})

test('other operators are refused', () => {
  expect(() => matchesPattern({ eventName: [{ cidr: '10.0.0.0/24' }] }, event)).toThrow('cidr')
})

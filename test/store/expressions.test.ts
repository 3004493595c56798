import { describe, expect, test } from 'vitest'
import {
  allOf,
  equal,
  exists,
  missing,
  oneOf,
  updateOf,
} from '../../functions/store/expressions.ts'

describe('expressions', () => {
  const hostile = 'x) OR attribute_exists(id'

  test('have every name and value behind a placeholder', () => {
    const made = updateOf({ name: hostile, range: undefined, age: 1 }, [
      exists('id'),
      oneOf('_rev', [hostile, 'b']),
      equal('email', hostile),
      equal('gone', undefined),
    ])
    expect(made).toEqual({
      UpdateExpression: 'SET #name = :0, #age = :1 REMOVE #range',
      ConditionExpression:
        'attribute_exists(#id) AND #_rev IN (:2, :3) AND #email = :4 AND attribute_not_exists(#gone)',
      ExpressionAttributeNames: {
        ...{ '#name': 'name', '#age': 'age', '#range': 'range' },
        ...{ '#id': 'id', '#_rev': '_rev', '#email': 'email', '#gone': 'gone' },
      },
      ExpressionAttributeValues: {
        ':0': hostile,
        ':1': 1,
        ':2': hostile,
        ':3': 'b',
        ':4': hostile,
      },
    })
  })

  test('have no values where there are none: DynamoDB refuses an empty map', () => {
    expect(missing('id')).toEqual({
      ConditionExpression: 'attribute_not_exists(#id)',
      ExpressionAttributeNames: { '#id': 'id' },
    })
    expect(updateOf({ a: undefined }, [])).toEqual({
      UpdateExpression: 'REMOVE #a',
      ExpressionAttributeNames: { '#a': 'a' },
    })
  })

  test('of one attribute have its name once', () => {
    expect(allOf([exists('id'), equal('id', 'x')]).ExpressionAttributeNames).toEqual({
      '#id': 'id',
    })
  })
})

import { expect, test } from 'vitest'
import { loggable } from '../../functions/invocation/log.ts'

test('an error is told with its causes, and with nothing else that hangs on it', () => {
  const item = { username: 'ada', hash: '$2b$12$secret' }
  const cause = Object.assign(new Error('the condition failed'), { Item: item, $response: item })
  const error = new TypeError('not written', { cause })
  expect(loggable(error)).toEqual({
    name: 'TypeError',
    message: 'not written',
    stack: expect.stringContaining('log.test.ts'),
    cause: { name: 'Error', message: 'the condition failed', stack: expect.any(String) },
  })
})

test('a cause that is no error is told as text', () => {
  expect(loggable(new Error('refused', { cause: { hash: 'secret' } }))).toMatchObject({
    cause: '[object Object]',
  })
})

test('what is no error stays', () => {
  expect(loggable('text')).toBe('text')
})

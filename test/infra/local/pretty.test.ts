import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { prettyLine } from '../../../infra/local/pretty.ts'

const plain = (fields: object) => {
  const line = prettyLine(JSON.stringify(fields))
  return line && stripVTControlCharacters(line)
}

test('a log line has its time, level, service, message and other fields', () => {
  const timestamp = '2026-11-22T03:30:32.013Z'
  const fields = { level: 'WARN', timestamp, service: 'login', message: 'throttled', tries: 3 }
  expect(plain(fields)).toMatch(/^03:30:32\.013 WARN {2}login +throttled tries=3$/)
})

test('an access line has status, method, path', () => {
  const line = plain({ httpMethod: 'GET', path: '/x', status: '404', responseLatency: '7' })
  expect(line).toMatch(/404 +GET +\/x 7 ms/)
})

test('metrics are left out, text stays as it is', () => {
  expect(plain({ _aws: {}, Count: 1 })).toBeUndefined()
  expect(prettyLine('plain text')).toBe('plain text')
  expect(prettyLine('{broken')).toBe('{broken')
})

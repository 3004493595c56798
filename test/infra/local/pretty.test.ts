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

test('a refusal is shown with the id that its client sees', () => {
  const access = { method: 'POST', path: '/x', status: 422, requestId: 'r-1' }
  expect(plain(access)).toContain('requestId=r-1')
  expect(plain({ ...access, status: 200 })).not.toContain('r-1')
  expect(plain({ level: 'ERROR', message: 'boom', requestId: 'r-1' })).toContain('requestId=r-1')
  expect(plain({ level: 'INFO', message: 'fine', requestId: 'r-1' })).not.toContain('r-1')
})

test('a refused token is no error', () => {
  const message = { errorType: 'Error', errorMessage: 'Unauthorized', stackTrace: [] }
  expect(plain({ level: 'ERROR', message })).toBeUndefined()
})

test('metrics are left out, text stays as it is', () => {
  expect(plain({ _aws: {}, Count: 1 })).toBeUndefined()
  expect(prettyLine('plain text')).toBe('plain text')
  expect(prettyLine('{broken')).toBe('{broken')
})

import { describe, expect, test } from 'vitest'
import { createRouter } from '../../../infra/local/routes.ts'

const routes = [
  'GET /',
  'GET /users',
  'POST /users',
  'GET /users/me',
  'GET /users/{id}',
  'ANY /users/{id}',
  'GET /users/{id}/memos',
  'GET /files/{path+}',
  'GET /files/index',
].map((text) => {
  const [method = '', path = ''] = text.split(' ')
  return { method, path }
})
const router = createRouter(routes)
const match = (method: string, path: string) => {
  const found = router(method, path)
  return found && [`${found.route.method} ${found.route.path}`, found.parameters]
}

test.each([
  ['GET', '/', 'GET /', undefined],
  ['GET', '/users', 'GET /users', undefined],
  ['GET', '/users/me', 'GET /users/me', undefined],
  ['GET', '/users/you', 'GET /users/{id}', { id: 'you' }],
  ['PUT', '/users/you', 'ANY /users/{id}', { id: 'you' }],
  ['HEAD', '/users/you', 'ANY /users/{id}', { id: 'you' }],
  ['GET', '/users/a%2Fb%25', 'GET /users/{id}', { id: 'a%2Fb%25' }],
  ['GET', '/users/me/memos', 'GET /users/{id}/memos', { id: 'me' }],
  ['GET', '/files/a/b/c', 'GET /files/{path+}', { path: 'a/b/c' }],
  ['GET', '/files/index', 'GET /files/index', undefined],
  ['GET', '/%75sers', 'GET /users', undefined],
])('%s %s is %s', (method, path, route, parameters) => {
  expect(match(method, path)).toEqual([route, parameters])
})

describe('no route', () => {
  test.each([
    ['PUT', '/users'],
    // A resource with the static name hides the method of its sibling with a placeholder.
    ['PUT', '/users/me'],
    ['TRACE', '/users/you'],
    ['GET', '/users/'],
    ['GET', '/users//memos'],
    ['GET', '//users'],
    ['GET', '/files'],
    ['GET', '/Users'],
  ])('%s %s', (method, path) => {
    expect(match(method, path)).toBeUndefined()
  })
})

test('malformed percent-encoding throws', () => {
  expect(() => match('GET', '/users/%')).toThrow(URIError)
})

test('one level has one placeholder, as API Gateway demands', () => {
  const clashing = ['/users/{id}', '/users/{userId}/memos'].map((path) => ({ method: 'GET', path }))
  expect(() => createRouter(clashing)).toThrow('{userId} stands where {id} stands already')
})

test.each(['/@mine', '/report.{format}'])('%s is no path, as API Gateway says', (path) => {
  expect(() => createRouter([{ method: 'GET', path }])).toThrow('API Gateway takes no path with')
})

import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Started, start, synthesize } from '../fixture.ts'

let runner: Started

beforeAll(async () => {
  runner = await start({ assembly: await synthesize() })
}, 60_000)
afterAll(() => runner?.stop())

/** Sends a head as it stands and answers the whole response. */
function send(...lines: string[]): Promise<string> {
  const { port } = new URL(runner.origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => resolve(text)).on('error', reject)
    socket.write([...lines, 'Connection: close', '', ''].join('\r\n'))
  })
}

const status = async (...lines: string[]) => Number((await send(...lines)).split(' ')[1])

test('both names of this machine are served, at the same port', async () => {
  const { port } = new URL(runner.origin)
  for (const host of ['127.0.0.1', 'localhost', 'LocalHost']) {
    expect(await status('GET /echo HTTP/1.1', `Host: ${host}:${port}`)).toBe(200)
    expect((await fetch(`http://${host.toLowerCase()}:${port}/echo`)).status).toBe(200)
  }
})

test('no other address than 127.0.0.1 is listened at', async () => {
  const { port } = new URL(runner.origin)
  // Another address of this machine: a server that listens on all of them is reached by it.
  const socket = connect(Number(port), '127.0.0.2')
  const outcome = await new Promise((resolve) => {
    socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'))
  })
  socket.destroy()
  expect(outcome).toBe('refused')
})

test('a page that leads another name to this machine reads nothing', async () => {
  const answer = await send('GET /local/mail.json HTTP/1.1', 'Host: evil.example:3000')
  expect(answer).toMatch(/^HTTP\/1.1 421 [\s\S]*application\/problem\+json[\s\S]*"status":421/)
  expect(await status('GET /echo HTTP/1.1', 'Host: localhost.evil.example')).toBe(421)
  expect(await status('GET http://evil.example/echo HTTP/1.1', 'Host: localhost')).toBe(421)
})

test('no Host, or two, are a bad request', async () => {
  expect(await status('GET /echo HTTP/1.1')).toBe(400)
  expect(await status('GET /echo HTTP/1.1', 'Host: localhost', 'Host: localhost')).toBe(400)
})

test('the absolute form of a target is that target', async () => {
  const answer = await send('GET http://localhost:1/echo?a=b HTTP/1.1', 'Host: localhost')
  expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"path":"\/echo"[\s\S]*"a":"b"/)
})

test('an expectation is met, or passed over', async () => {
  const post = (expectation: string) =>
    send('POST /echo HTTP/1.1', 'Host: localhost', 'Content-Length: 0', `Expect: ${expectation}`)
  expect(await post('100-continue')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  expect(await post('x')).toMatch(/^HTTP\/1.1 200 /)
})

test('a head that is far too long is 413', async () => {
  expect(await status('GET /echo HTTP/1.1', 'Host: localhost', `X-A: ${'a'.repeat(40_000)}`)).toBe(
    413,
  )
})

test('the root leads to the documentation', async () => {
  const answer = await fetch(runner.origin, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs'])
})

test('an encoded unreserved character is that character, also to the authorizer', async () => {
  const own = (path: string) =>
    fetch(runner.origin + path, { headers: { Authorization: 'Bearer exact' } })
  expect((await own('/things')).status).toBe(200)
  expect((await own('/%74hings')).status).toBe(200)
})

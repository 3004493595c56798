import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, useApi } from '../api/harness.ts'
import { scratch, synthesize } from '../assembly.ts'
import { repetitions, times } from '../auth/support.ts'
import { bundle, programs } from '../client/compiled.ts'
import { testStage } from '../stage.ts'
import { chromiumPath, launch } from './chromium.ts'

/** Servers of an app's page: of the one that may use the cookie, and of another. */
const servers: Server[] = []
let script = ''

const api = useApi(async () => {
  const outfile = join(scratch, 'tab.js')
  await bundle(join(programs, 'tab.ts'), outfile)
  script = readFileSync(outfile, 'utf8')
  servers.push(await serving(), await serving())
  return { assembly: await synthesize({ ...testStage, allowedOrigins: [originOf('localhost')] }) }
})
afterAll(() => {
  for (const server of servers) server.close()
})

const baseUrl = () => api.runner.origin.replace('127.0.0.1', 'localhost')

function serving(): Promise<Server> {
  const server = createServer((_, answer) => {
    answer.setHeader('Content-Type', 'text/html').end(page())
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function originOf(host: string, at = 0): string {
  const address = servers[at]?.address() as AddressInfo | undefined
  return `http://${host}:${address?.port}`
}

const page = () => `<link rel="icon" href="data:,"><script type="module">${script}
  let signedOut = 0
  const onSignedOut = () => { signedOut += 1 }
  const api = createClient({ baseUrl: '${baseUrl()}', cookie: true, retries: 1, onSignedOut })
  const told = (promise) => promise.catch((error) => error.code ?? error.name)
  Object.assign(globalThis, { api, told, signedOut: () => signedOut })
  globalThis.me = () => told(api.users.readOwnUser().then(({ username }) => username))
</script>`

describe.skipIf(!chromiumPath)('the client in a browser, with the cookie', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch('foreign.example')
  })
  afterAll(() => browser?.close())

  /** Somebody's browser, and what it asked for. */
  async function opened() {
    const context = await browser.newContext()
    const calls: string[] = []
    const bodies: Promise<string>[] = []
    context.on('request', (request) => calls.push(`${request.method()} ${request.url()}`))
    context.on('response', (response) => {
      if (response.url().startsWith(baseUrl())) bodies.push(response.text().catch(() => ''))
    })
    const { username } = await api.signUp()
    const refreshes = () => calls.filter((call) => /^POST .*\/auth\/refresh$/.test(call)).length
    return { context, username, refreshes, bodies }
  }

  async function tab(context: BrowserContext, origin = originOf('localhost')): Promise<Page> {
    const opened = await context.newPage()
    await opened.goto(origin)
    return opened
  }

  const signIn = (page: Page, username: string) =>
    page.evaluate(`told(api.signIn(${JSON.stringify({ username, password })}).then(() => true))`)

  test('somebody signs in, and still is after a reload; no script and no storage has the token', async () => {
    const { context, username, refreshes, bodies } = await opened()
    const page = await tab(context)
    expect(await page.evaluate('api.signedIn()')).toBe(false)
    await signIn(page, username)
    expect(await page.evaluate('me()')).toBe(username)
    const before = refreshes()
    await page.reload()
    expect(await page.evaluate('api.signedIn()')).toBe(true)
    expect(await page.evaluate('me()')).toBe(username)
    expect(refreshes()).toBe(before + 1)
    const [cookie] = await context.cookies(baseUrl())
    expect(cookie).toMatchObject({ name: '__Host-refresh', httpOnly: true, sameSite: 'Strict' })
    const texts = await Promise.all(bodies)
    expect(texts.filter((text) => text.includes('access_token'))).toHaveLength(2)
    for (const text of texts) {
      expect(text).not.toContain('refresh_token')
      expect(text).not.toContain(cookie?.value)
    }
    expect(
      await page.evaluate(`Promise.all([indexedDB.databases(), caches.keys()])
        .then((all) => [document.cookie, localStorage.length, sessionStorage.length, ...all.flat()])`),
    ).toEqual(['', 0, 0])
    await context.close()
  })

  const rounds = repetitions(50, 4)
  test(`8 tabs refresh once each time, ${rounds} times, and sign out as one`, async () => {
    const { context, username, refreshes } = await opened()
    const tabs = await Promise.all(times(8, () => tab(context)))
    const [first] = tabs
    if (!first) throw new Error('There is no tab')
    await signIn(first, username)
    const all = (expression: string) =>
      Promise.all(tabs.map((page) => page.evaluate(`Promise.all([${expression}, ${expression}])`)))
    const everybody = (what: unknown) => times(8, () => [what, what])
    expect(await all('me()')).toEqual(everybody(username))
    for (const _ of times(rounds, String)) {
      const before = refreshes()
      api.runner.clock.advance(16 * 60_000)
      expect(await all('me()')).toEqual(everybody(username))
      expect(refreshes()).toBe(before + 1)
    }
    expect(await all('signedOut()')).toEqual(everybody(0))
    await first.evaluate('api.signOut()')
    expect(await all('me()')).toEqual(everybody('unauthorized'))
    expect(await all('api.signedIn()')).toEqual(everybody(false))
    await context.close()
  })

  test('signs out though the access token has run out', async () => {
    const { context, username } = await opened()
    const page = await tab(context)
    await signIn(page, username)
    api.runner.clock.advance(16 * 60_000)
    await page.evaluate('api.signOut()')
    expect(await context.cookies(baseUrl())).toEqual([])
    expect(await page.evaluate('me()')).toBe('unauthorized')
    await context.close()
  })

  test.each([
    ['another site', 'foreign.example', 0],
    ['another port of the site', 'localhost', 1],
  ])('a page of %s gets nothing, and ends nothing', async (_, host, at) => {
    const { context, username } = await opened()
    const page = await tab(context)
    await signIn(page, username)
    const foreign = await tab(context, originOf(host, at))
    const refused = () => api.logs.filter((line) => line.includes('"status":403')).length
    const before = refused()
    expect(await foreign.evaluate('told(api.signedIn())')).toBe('TypeError')
    expect(await foreign.evaluate('me()')).toBe('TypeError')
    expect(await signIn(foreign, username)).toBe('TypeError')
    // They came to the API, which refused them; the browser does not let the page see even that.
    expect(refused()).toBeGreaterThan(before)
    await page.reload()
    expect(await page.evaluate('me()')).toBe(username)
    await context.close()
  })
})

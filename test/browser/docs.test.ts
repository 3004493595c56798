import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, password, startApi, unique } from '../api/harness.ts'
import { findChromium, launch } from './chromium.ts'

/** Overwritten by each run; for looking at. */
const screenshot = join(tmpdir(), 'portcullis-docs.png')

const executable = findChromium()
if (!executable) {
  const missing = 'there is no Chromium here; install one, or name it in CHROME_PATH'
  if (process.env.CI) throw new Error(missing)
  process.stderr.write(`\n!!! LEFT OUT: the tests of /docs in a browser: ${missing}\n\n`)
}

describe.skipIf(!executable)('/docs in a browser', () => {
  let api: Api
  let browser: Browser
  let context: BrowserContext
  beforeAll(async () => {
    api = await startApi()
    browser = await launch(executable ?? '')
    context = await browser.newContext({ viewport: { width: 1280, height: 1000 } })
  })
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  test.each(['', '/prod'])('signs up, authorizes and calls, under "%s"', async (stage) => {
    const { page, requests, errors } = await open(stage)
    const name = unique('Ada')
    await signUp(page, unique('ada'))

    const create = await tryOut(page, 'students-createStudent')
    const student = { name, email: `${name}@example.org`, rollNo: '1', age: 20 }
    await create.locator('textarea').fill(JSON.stringify(student))
    const created = await execute(create)
    expect(created.status).toBe('201')
    expect(created.body).toMatchObject(student)

    const list = await tryOut(page, 'students-listStudents')
    const listed = await execute(list)
    expect(listed.status).toBe('200')
    expect(listed.body.items[0]).toEqual(created.body)

    await page.screenshot({ path: screenshot })
    expect(requests.length).toBeGreaterThan(8)
    expect(requests.filter((url) => !url.startsWith(`${api.runner.origin}${stage}/`))).toEqual([])
    expect(errors).toEqual([])

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    expect((await execute(list)).status).toBe('401')
    await page.close()
  })

  test('takes a token of elsewhere', async () => {
    const { page } = await open()
    const { token, username } = await api.signUp()
    await page.getByRole('button', { name: 'Authorize' }).click()
    const dialog = page.locator('.dialog-ux form', { hasText: 'bearerAuth' })
    await dialog.getByRole('textbox').fill(token)
    await dialog.getByRole('button', { name: 'Apply credentials' }).click()
    await dialog.getByRole('button', { name: 'Close' }).click()
    const { status, body } = await execute(await tryOut(page, 'users-readOwnUser'))
    expect([status, body.username]).toEqual(['200', username])
    await page.close()
  })

  test('says what is wrong with a sign-up, and keeps what was typed', async () => {
    const { page } = await open()
    await page.getByLabel('Username').fill('a')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByRole('alert').getByText('username must be 3 to 128').waitFor()
    await page.getByRole('alert').getByText('password must have at least 8').waitFor()
    expect(await page.getByLabel('Username').inputValue()).toBe('a')
    await page.close()
  })

  /** Opens the page; with a stage, as the gateway serves it where it has no domain of its own. */
  async function open(stage = '') {
    const { origin } = api.runner
    const page = await context.newPage()
    const requests: string[] = []
    const errors: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(error.message))
    if (stage) await serveUnder(page, `${origin}${stage}`)
    await page.goto(`${origin}${stage}/docs`)
    await page.locator('.opblock').first().waitFor()
    return { page, requests, errors }
  }

  /** The document's server follows from the gateway's event, which has no stage here. */
  async function serveUnder(page: Page, address: string): Promise<void> {
    await page.route(`${address}/**`, async (route) => {
      const url = route.request().url().replace(address, api.runner.origin)
      const response = await route.fetch({ url })
      const body = await response.text()
      const server = `"servers":[{"url":"${new URL(address).pathname}"}]`
      await route.fulfill({ response, body: body.replace('"servers":[{"url":"/"}]', server) })
    })
  }
})

async function signUp(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByText(`Signed in as ${username}`).waitFor()
}

/** Unfolds an operation and makes it ready to be executed. */
async function tryOut(page: Page, operation: string): Promise<Locator> {
  const block = page.locator(`#operations-${operation}`)
  await block.locator('.opblock-summary-control').click()
  await block.getByRole('button', { name: 'Try it out' }).click()
  return block
}

/** Calls the operation and reads what the page shows of the answer. */
async function execute(block: Locator) {
  const page = block.page()
  const [response] = await Promise.all([
    page.waitForResponse((answer) => /\/api\/v1\//.test(answer.url())),
    block.locator('.execute').click(),
  ])
  const live = block.locator('.live-responses-table .response')
  await live.filter({ hasText: String(response.status()) }).waitFor()
  const status = await live.locator('.response-col_status').innerText()
  const shown = await live.locator('.highlight-code code').first().innerText()
  return { status: status.trim().slice(0, 3), body: JSON.parse(shown) }
}

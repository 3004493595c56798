import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Api, password } from '../api/harness.ts'

export interface DocsPage {
  readonly page: Page
  /** The address of everything that it asked for. */
  readonly requests: readonly string[]
  /** What it complained of. */
  readonly errors: readonly string[]
  /** Opens an operation. */
  open(operation: string): Promise<void>
  /** Sends it as it stands, and reads what the page shows of the answer. */
  send(): Promise<{ readonly status: string; readonly text: string }>
  signIn(username: string, button?: 'Sign in' | 'Create account'): Promise<void>
}

/** The page in a window of its own. */
export async function openDocs(
  browser: Browser,
  api: Api,
  { stage = '', query = '', declare, ...options }: BrowserContextOptions & Where = {},
): Promise<DocsPage> {
  const { origin } = api.runner
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  if (stage)
    await page.route(`${origin}${stage}/**`, async (route) => {
      const url = route.request().url().replace(`${origin}${stage}`, origin)
      await route.fulfill({ response: await route.fetch({ url }) })
    })
  if (declare)
    await page.route(`${origin}/api/v1/openapi.json`, async (route) => {
      const response = await route.fetch()
      const document = await response.json()
      declare(document)
      await route.fulfill({ response, json: document })
    })
  await page.goto(`${origin}${stage}/docs${query}`)
  await page.locator('#main h1').waitFor()
  return { page, requests, errors, open, send, signIn }

  async function open(operation: string) {
    await page.goto(`${origin}${stage}/docs${query}#${operation}`)
    const link = page.locator(`#operations [aria-current][href="#${operation}"]`)
    await link.waitFor({ state: 'attached' })
  }

  async function send() {
    await page.evaluate("document.querySelector('.answer').replaceChildren()")
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.answer .status').waitFor()
    const body = page.locator('.answer > pre')
    return {
      status: await page.locator('.answer .status').innerText(),
      text: (await body.count()) === 0 ? '' : await body.innerText(),
    }
  }

  async function signIn(username: string, button: 'Sign in' | 'Create account' = 'Sign in') {
    await page.locator('#sign-in').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Username').fill(username)
    await dialog.getByLabel('Password').fill(password)
    await dialog.getByRole('button', { name: button }).click()
    await page.locator('#who').getByText(username).waitFor()
  }
}

interface Where {
  /** The stage's name in the address, as where the API has no domain of its own. */
  readonly stage?: string
  readonly query?: string
  /** Adds to the document that the page reads. */
  // biome-ignore lint/suspicious/noExplicitAny: the document as JSON
  readonly declare?: (document: any) => void
}

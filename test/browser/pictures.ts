import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launch } from './chromium.ts'

/**
 * Takes the pictures of the page in docs/, of a stack that `npm start -- --ephemeral` has just
 * started: `node test/browser/pictures.ts [http://127.0.0.1:3000]`.
 */
const [origin = 'http://127.0.0.1:3000'] = process.argv.slice(2)
const browser = await launch()
const page = await browser.newPage({ deviceScaleFactor: 1.5 })
await createSomething()
for (const [name, width] of [
  ['desktop', 1280],
  ['phone', 390],
] as const)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.setViewportSize({ width, height: 850 })
    await page.emulateMedia({ colorScheme })
    await take(page, `page-${name}-${colorScheme}.webp`)
  }
await browser.close()

/** Signs up, and sends the example of the first resource that has one. */
async function createSomething(): Promise<void> {
  await page.goto(`${origin}/docs`)
  await page.locator('#sign-in').click()
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.locator('#who').getByText('ada').waitFor()
  await page
    .locator('#operations a', { hasText: /Create an? / })
    .first()
    .click()
  const body = page.getByLabel('Body', { exact: true })
  const example = await body.inputValue()
  // The first call is a cold start.
  for (const [text, status] of [
    ['{}', '422'],
    [example, '201'],
  ] as const) {
    await body.fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.answer .status').getByText(status).waitFor()
  }
}

/** As WebP, which Playwright does not write by itself. */
async function take(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  await writeFile(join(import.meta.dirname, '../../docs', file), Buffer.from(data, 'base64'))
}

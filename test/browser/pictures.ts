import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startRunner } from '../../infra/local/runner.ts'
import { build } from '../build.ts'
import { launch } from './chromium.ts'

/**
 * Takes the pictures of the page in docs/: `node test/browser/pictures.ts`. WebP, which Playwright
 * does not write by itself.
 */
const { assembly } = build()
const parameters = (origin: string) => ({ PublicUrl: origin })
const runner = await startRunner({ assembly, parameters, log() {} })
const browser = await launch()
const widths = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } }

let counter = 0
for (const [name, viewport] of Object.entries(widths))
  for (const colorScheme of ['light', 'dark'] as const) {
    const deviceScaleFactor = name === 'phone' ? 2 : 1.5
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor })
    const page = await context.newPage()
    counter += 1
    await call(page, `ada${counter}`)
    await take(page, `page-${name}-${colorScheme}.webp`)
    await context.close()
  }

await browser.close()
await runner.stop()

/** Signs up, and creates something. */
async function call(page: Page, username: string): Promise<void> {
  await page.goto(`${runner.origin}/docs#createStudent`)
  await page.locator('#sign-in').click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.locator('#who').getByText(username).waitFor()
  const ada = { name: 'Ada Lovelace', email: `${username}@example.org`, rollNo: '1815', age: 36 }
  await page.locator('.try textarea').fill(JSON.stringify(ada, null, 2))
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.answer .status').waitFor()
}

async function take(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  await writeFile(join(import.meta.dirname, '../../docs', file), Buffer.from(data, 'base64'))
}

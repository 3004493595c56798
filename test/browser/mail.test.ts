import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useApi } from '../api/harness.ts'
import { seriousFindings } from './axe.ts'
import { chromiumPath, launch } from './chromium.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const link = 'http://127.0.0.1:1/account#action=verify&token=abc'
const html = `<script>parent.document.title = 'caught'</script><p>Hello</p>
  <a href="${link}">Confirm</a><img src="x" onerror="parent.document.title = 'caught'">`
const mail = { from: 'a@example.org', to: 'ann@example.com', text: `Open ${link}.` }
const mails = [
  { ...mail, subject: '<i>Newer</i>', sentAt: '2026-11-28T12:00:00.000Z', html },
  { ...mail, subject: 'Older', sentAt: '2026-11-27T12:00:00.000Z', text: 'The older one' },
]

const api = useApi(() => {
  writeFileSync(join(dataDir, 'mail.json'), JSON.stringify(mails))
  return { dataDir }
})

describe.skipIf(!chromiumPath)('/local/mail in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  test('shows the newest mail first, and any that is chosen', async () => {
    const page = await open()
    await page.getByRole('heading', { name: '<i>Newer</i>' }).waitFor()
    expect(await page.locator('#count').innerText()).toBe('2 mails')
    expect(await page.getByRole('link').getAttribute('href')).toBe(link)
    await page.getByRole('button', { name: 'Older' }).click()
    await page.getByText('The older one').waitFor()
    expect(await page.getByRole('button', { name: 'HTML' }).count()).toBe(0)
    await page.close()
  })

  test('shows HTML in a frame that runs nothing and reaches nothing, and opens its links', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'HTML' }).click()
    const frame = page.frameLocator('iframe')
    await frame.getByText('Hello').waitFor()
    expect(await page.title()).toBe('Mail – local stack')
    const [opened] = await Promise.all([
      page.waitForEvent('popup'),
      frame.getByRole('link', { name: 'Confirm' }).click(),
    ])
    await opened.close()
    await page.close()
  })

  test.each(['light', 'dark'] as const)('axe finds nothing serious, %s', async (colorScheme) => {
    for (const width of [1280, 390]) {
      const page = await open({ colorScheme, viewport: { width, height: 800 } })
      expect(await seriousFindings(page)).toEqual([])
      await page.close()
    }
  })

  async function open(options: Parameters<Browser['newPage']>[0] = {}) {
    const page = await browser.newPage(options)
    await page.goto(`${api.runner.origin}/local/mail`)
    await page.locator('h2').waitFor()
    return page
  }
})

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useApi } from '../api/harness.ts'
import { seriousFindings } from './axe.ts'
import { chromiumPath, launch } from './chromium.ts'

const api = useApi()

/** Something that opens no door, and has to be escaped in a fragment. */
const token = 'v1.k1.abc+/=&action=undo'

describe.skipIf(!chromiumPath)('/account in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  test.each([
    ['verify', 'Confirm address', '/api/v1/auth/email/verify', { token }],
    ['undo', 'Undo the change', '/api/v1/auth/undo', { token }],
    [
      'reset',
      'Change password',
      '/api/v1/auth/password/reset',
      { token, newPassword: 'a new one' },
    ],
  ])('%s: the token leaves the address at once, and goes out when asked', async (...expected) => {
    const [action, button, path, body] = expected
    const { page, memos } = await open({ action, token, account: '<b>ada</b>' })
    expect(page.url()).toBe(`${api.runner.origin}/account`)
    expect(await page.getByLabel('Account').inputValue()).toBe('<b>ada</b>')
    if (action === 'reset') await page.getByLabel('New password').fill('a new one')
    expect(memos).toEqual([])

    await answering(page, path, 204)
    await page.getByRole('button', { name: button }).click()
    await page.getByText(/You can close|Close this page|Everybody was signed out/).waitFor()
    expect(memos).toEqual([{ path, body }])
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.close()
  })

  test('says that a link no longer works', async () => {
    const { page } = await open({ action: 'verify', token })
    await answering(page, '/api/v1/auth/email/verify', 400, { code: 'invalid_link', detail: '' })
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    expect(await page.getByRole('button').count()).toBe(0)
    await page.close()
  })

  test('says that somebody else has the address', async () => {
    const { page } = await open({ action: 'verify', token })
    await answering(page, '/api/v1/auth/email/verify', 409, { code: 'email_taken', detail: '' })
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'belongs to another account' }).waitFor()
    await page.close()
  })

  test('says what is wrong with a password, and lets one try again', async () => {
    const { page, memos } = await open({ action: 'reset', token })
    const errors = [{ pointer: '/newPassword', detail: 'must have at least 8 characters' }]
    await answering(page, '/api/v1/auth/password/reset', 422, { code: 'validation_failed', errors })
    await page.getByLabel('New password').fill('short')
    await page.getByRole('button').click()
    await page.getByRole('alert').getByText('password must have at least 8').waitFor()
    await answering(page, '/api/v1/auth/password/reset', 204)
    await page.getByLabel('New password').fill('long enough')
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor()
    expect(memos).toHaveLength(2)
    await page.close()
  })

  test.each([{}, { action: 'verify' }, { token }, { action: 'toString', token }])(
    'does nothing with an incomplete link: %j',
    async (link) => {
      const { page } = await open(link)
      await page.getByRole('heading', { name: 'This link is not complete' }).waitFor()
      expect(await page.getByRole('button').count()).toBe(0)
      await page.close()
    },
  )

  test('takes another link that is opened in the same window', async () => {
    const { page } = await open({ action: 'verify', token })
    await page.goto(
      `${api.runner.origin}/account#${new URLSearchParams({ action: 'reset', token })}`,
    )
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
    expect(page.url()).toBe(`${api.runner.origin}/account`)
    await page.close()
  })

  test.each(['light', 'dark'] as const)('axe finds nothing serious, %s', async (colorScheme) => {
    const link = { action: 'reset', token, account: 'ada' }
    const { page, requests } = await open(link, colorScheme)
    expect(await seriousFindings(page)).toEqual([])
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1)
    await page.close()
  })

  async function open(link: Readonly<Record<string, string>>, colorScheme?: 'light' | 'dark') {
    const viewport = { width: 390, height: 844 }
    const page = await browser.newPage({ viewport, ...(colorScheme && { colorScheme }) })
    const requests: string[] = []
    const memos: { path: string; body: unknown }[] = []
    page.on('request', (request) => {
      requests.push(request.url())
      if (request.method() === 'GET') return
      memos.push({ path: new URL(request.url()).pathname, body: request.postDataJSON() })
    })
    await page.goto(`${api.runner.origin}/account#${new URLSearchParams(link)}`)
    await page.locator('h1').waitFor()
    return { page, requests, memos }
  }

  /** What the API says to a link of that kind: a stage that sends no mail has no such routes. */
  async function answering(page: Page, path: string, status: number, problem?: object) {
    await page.unroute(`**${path}`)
    await page.route(`**${path}`, (route) =>
      route.fulfill({ status, ...(problem && { json: problem }) }),
    )
  }
})

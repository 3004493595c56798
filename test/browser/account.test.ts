import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, unique, useApi } from '../api/harness.ts'
import { address, linkTo, mailsTo, withAddress } from '../api/mails.ts'
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

  test('the token leaves the address at once, and goes out when asked', async () => {
    const owner = await withAddress(api)
    const email = address()
    await api.call('PUT /api/v1/auth/email', { token: owner.token, body: { email } })
    const verify = await linkTo(api, email, /Confirm/)
    const { page, memos } = await open(Object.fromEntries(verify))
    expect(page.url()).toBe(`${api.runner.origin}/account`)
    expect(await page.getByLabel('Account').inputValue()).toBe(email)
    expect(memos).toEqual([])
    await page.getByRole('button', { name: 'Confirm address' }).click()
    await page.getByText('You can close').waitFor()
    const body = { token: verify.get('token') }
    expect(memos).toEqual([{ path: '/api/v1/auth/email/verify', body }])
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.close()

    const undo = await linkTo(api, owner.email, /being changed/)
    const undoing = await open(Object.fromEntries(undo))
    await undoing.page.getByText('this address is restored').waitFor()
    await undoing.page.getByRole('button', { name: 'Undo the change' }).click()
    await undoing.page.getByText('Everybody was signed out').waitFor()
    await undoing.page.close()
    // The link works once.
    const again = await open({ action: 'undo', token: undo.get('token') ?? '' })
    await again.page.getByRole('button').click()
    await again.page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    expect(await again.page.getByRole('button').count()).toBe(0)
    await again.page.close()
  })

  test('shows whose account it is as text', async () => {
    const { page } = await open({ action: 'verify', token, account: '<b>ada</b>' })
    expect(await page.getByLabel('Account').inputValue()).toBe('<b>ada</b>')
    await page.close()
  })

  test('says that somebody else has the address', async () => {
    const email = address()
    const body = { username: unique(), password, email }
    await api.call('POST /api/v1/auth/signup', { body })
    const link = Object.fromEntries(await linkTo(api, email, /Confirm/))
    api.runner.clock.advance(1000)
    const count = mailsTo(api, email).length
    const other = { ...body, username: unique() }
    await api.call('POST /api/v1/auth/signup', { body: other })
    await expect.poll(() => mailsTo(api, email).length).toBeGreaterThan(count)
    const first = (await linkTo(api, email, /Confirm/)).get('token')
    await api.call('POST /api/v1/auth/email/verify', { body: { token: first } })
    const { page } = await open(link)
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'belongs to another account' }).waitFor()
    await page.close()
  })

  test('says what is wrong with a password, and lets one try again', async () => {
    const owner = await withAddress(api)
    await api.call('POST /api/v1/auth/password/forgot', { body: { email: owner.email } })
    const link = await linkTo(api, owner.email, /new password/)
    const { page, memos } = await open(Object.fromEntries(link))
    await page.getByLabel('New password').fill('short')
    await page.getByRole('button').click()
    await page.getByRole('alert').getByText('password must have at least 8').waitFor()
    await page.getByLabel('New password').fill('long enough for all')
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'Your password is changed' }).waitFor()
    expect(memos).toHaveLength(2)
    await api.signIn(owner.username, 'long enough for all')
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
})

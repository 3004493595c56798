import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shownCode } from '../api/authenticator.ts'
import { password, unique, useApi } from '../api/harness.ts'
import { address } from '../api/mails.ts'
import { chromiumPath, launch } from './chromium.ts'
import { openDocs } from './docs-page.ts'

const api = useApi()

describe.skipIf(!chromiumPath)('mails and a second factor in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  test('from the sign-up to the undo of a factor, by nothing but what is shown', async () => {
    const [username, email] = [unique('journey'), address()]
    const post = (path: string, body: object, token?: string) =>
      api.call(`POST /api/v1/auth/${path}`, { body, token })
    const mailbox = await browser.newPage()
    await mailbox.goto(`${api.runner.origin}/local/mail`)

    await post('signup', { username, password, email })
    const verifying = await follow(mailbox, 'Confirm your e-mail address')
    expect(await verifying.getByLabel('Account').inputValue()).toBe(email)
    expect(new URL(verifying.url()).hash).toBe('')
    await press(verifying, 'Confirm address', 'Your address is confirmed')

    await post('password/forgot', { email })
    const resetting = await follow(mailbox, 'Choose a new password')
    const chosen = 'a password from a mail'
    await resetting.getByLabel('New password').fill(chosen)
    await press(resetting, 'Change password', 'Your password is changed')

    const { token } = await api.signIn(username, chosen)
    const docs = await openDocs(browser, api)
    const { page } = docs
    const dialog = page.getByRole('dialog')
    const signIn = async (proof?: string) => {
      await page.locator('#sign-in').click()
      await dialog.getByLabel('Username').fill(username)
      await dialog.getByLabel('Password').fill(chosen)
      await dialog.getByRole('button', { name: 'Sign in' }).click()
      if (proof) {
        await dialog.getByLabel('Code of your').fill(proof)
        await dialog.getByRole('button', { name: 'Sign in' }).click()
      }
      await page.locator('#who').getByText(username).waitFor()
    }
    await signIn()
    await docs.open('createTotpFactor')
    const { status, text } = await docs.send()
    expect(status).toBe('201')
    const { id, uri } = JSON.parse(text)
    // What an app reads from the QR code.
    const secret = new URL(uri).searchParams.get('secret') ?? ''
    const confirmed = await post(`factors/${id}/confirm`, { code: shownCode(api, secret) }, token)
    const [recoveryCode] = confirmed.body.recoveryCodes as string[]
    // The first factor has ended the session of this page.
    await page.reload()
    api.runner.clock.advance(30_000)
    await signIn(shownCode(api, secret))
    await docs.open('listFactors')
    expect(JSON.parse((await docs.send()).text).recoveryCodesLeft).toBe(10)
    await page.reload()
    await signIn(recoveryCode?.toLowerCase().replace(/(.{4})(?=.)/g, '$1-'))
    await docs.open('listFactors')
    expect(JSON.parse((await docs.send()).text).recoveryCodesLeft).toBe(9)

    const undoing = await follow(mailbox, 'A second factor was added')
    await undoing.getByText('remove it together with its recovery codes').waitFor()
    await press(undoing, 'Remove the factor', 'The second factor is removed')
    await docs.open('readOwnUser')
    expect((await docs.send()).status).toBe('401')
    const login = await post('login', { username, password: chosen })
    expect([login.status, login.body.code]).toEqual([401, 'invalid_credentials'])
    await follow(mailbox, 'Choose a new password')
    expect(docs.errors.filter((error) => !/status of 401/.test(error))).toEqual([])
    await mailbox.context().close()
    await page.context().close()
  })

  /** Opens the newest mail of a subject, and its link in a window. */
  async function follow(mailbox: Page, subject: string): Promise<Page> {
    await mailbox.getByRole('button', { name: subject }).first().click()
    await mailbox.getByRole('heading', { name: subject }).waitFor()
    const [opened] = await Promise.all([
      mailbox.waitForEvent('popup'),
      mailbox.locator('pre').getByRole('link').click(),
    ])
    await opened.locator('h1').waitFor()
    return opened
  }

  async function press(page: Page, button: string, heading: string): Promise<void> {
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('heading', { name: heading }).waitFor()
    await page.close()
  }
})

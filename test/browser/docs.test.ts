import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enrolled, shownCode } from '../api/authenticator.ts'
import { type Api, password, startApi, unique } from '../api/harness.ts'
import { repetitions } from '../auth/support.ts'
import { seriousFindings } from './axe.ts'
import { chromiumPath, launch } from './chromium.ts'
import { openDocs } from './docs-page.ts'

describe.skipIf(!chromiumPath)('/docs in a browser', () => {
  let api: Api
  let browser: Browser
  beforeAll(async () => {
    api = await startApi()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  test.each(['', '/prod'])('signs up, calls and signs out, under "%s"', async (stage) => {
    const docs = await openDocs(browser, api, { stage })
    const { page, requests, errors } = docs
    await docs.signIn(unique('ada'), 'Create account')
    await docs.open('createPupil')
    await page.getByText('Your session can call this operation.').waitFor()
    const name = unique('<img src=x onerror=alert(1)>')
    const pupil = { name, email: `${unique()}@example.org`, rollNo: '1', age: 20 }
    await page.getByLabel('Body', { exact: true }).fill(JSON.stringify(pupil))
    const created = await docs.send()
    expect(created.status).toBe('201')
    expect(JSON.parse(created.text)).toMatchObject(pupil)

    // The next call is about what the last answer was about.
    await docs.open('readPupil')
    expect(await docs.send()).toEqual({ status: '200', text: created.text })
    await docs.open('listPupils')
    const list = await docs.send()
    expect(JSON.parse(list.text).items[0]).toEqual(JSON.parse(created.text))

    expect(requests.filter((url) => !url.startsWith(`${api.runner.origin}${stage}/`))).toEqual([])
    expect(errors).toEqual([])

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in first' }).waitFor()
    expect((await docs.send()).status).toBe('401')
    await page.close()
  })

  test('asks for one file and the document, and for nothing elsewhere', async () => {
    const query = '?url=https://example.org/openapi.json&configUrl=https://example.org/&theme=x'
    const { page, requests } = await openDocs(browser, api, { query })
    const { origin } = api.runner
    const asked = requests.filter((url) => !url.startsWith('data:'))
    expect(asked).toEqual([`${origin}/docs${query}`, `${origin}/api/v1/openapi.json`])
    await page.close()
  })

  test('goes on when the access token has expired', async () => {
    const docs = await openDocs(browser, api)
    await docs.signIn(unique('grace'), 'Create account')
    await docs.open('readOwnUser')
    api.runner.clock.advance(16 * 60_000)
    expect((await docs.send()).status).toBe('200')
    expect(docs.requests.filter((url) => url.endsWith('/auth/refresh'))).toHaveLength(1)
    await docs.page.close()
  })

  test('takes a token of elsewhere', async () => {
    const { page, open, send, requests } = await openDocs(browser, api)
    const { token, username } = await api.signUp()
    await page.locator('#sign-in').click()
    await page.getByText('Use a token or an API key').click()
    await page.getByLabel('Access token or API key').fill(token)
    await page.getByRole('button', { name: 'Use it' }).click()
    await open('readOwnUser')
    // What it allows is not known: nothing is said of it.
    expect(await page.locator('.access').isVisible()).toBe(false)
    const { status, text } = await send()
    expect([status, JSON.parse(text).username]).toEqual(['200', username])
    // Nothing renews it: once it is refused it is not sent again.
    api.runner.clock.advance(16 * 60_000)
    expect((await send()).status).toBe('401')
    expect(requests.filter((url) => url.endsWith('/users/me'))).toHaveLength(2)
    await page.close()
  })

  test('asks for a second factor, and takes codes of the app and recovery codes', async () => {
    const user = await api.signUp()
    const { secret, recoveryCodes } = await enrolled(api, user.token)
    const docs = await openDocs(browser, api)
    const { page } = docs
    await page.locator('#sign-in').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Username').fill(user.username)
    await dialog.getByLabel('Password').fill(password)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    const typed = shownCode(api, secret).replace(/^.../, '$& ')
    await dialog.getByLabel('Code of your').fill(typed)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('#who').getByText(user.username).waitFor()

    // A call that needs a fresh session asks for the factor again, and for no password.
    api.runner.clock.advance(601_000)
    await docs.open('createTotpFactor')
    expect((await docs.send()).status).toBe('403')
    await page.getByRole('button', { name: 'Confirm that it is you' }).click()
    await dialog.getByLabel('Code of your').fill('no-such-code')
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await dialog.getByRole('alert').waitFor()
    const [recoveryCode = ''] = recoveryCodes
    await dialog.getByLabel('Code of your').fill(recoveryCode.toLowerCase())
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await page.locator('.answer .status', { hasText: '201' }).waitFor()
    await page.close()
  })

  test('says what is wrong with a sign-up, and keeps what was typed', async () => {
    const { page } = await openDocs(browser, api)
    await page.locator('#sign-in').click()
    await page.getByLabel('Username').fill('a')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('alert').getByText('username must have 3 to 128').waitFor()
    await page.getByRole('alert').getByText('password must have at least 8').waitFor()
    expect(await page.getByLabel('Username').inputValue()).toBe('a')
    await page.close()
  })

  test('finds operations by any words of them', async () => {
    const { page } = await openDocs(browser, api)
    await page.keyboard.press('/')
    await page.keyboard.type('pupil delete')
    const found = page.locator('#operations a:visible')
    expect(await found.allInnerTexts()).toEqual(['DELETE\nDelete one pupil'])
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Delete one pupil' }).waitFor()
    await page.close()
  })

  test('on a phone the operations are a page, and each of them is one', async () => {
    const { page, open } = await openDocs(browser, api, { viewport: { width: 360, height: 740 } })
    const list = page.getByRole('navigation', { name: 'Operations' })
    await list.locator('summary', { hasText: 'pupils' }).click()
    await list.getByText('Create a new pupil').click()
    await page.getByRole('heading', { name: 'Create a new pupil' }).waitFor()
    expect(await list.isVisible()).toBe(false)
    for (const id of ['listUsers', 'createMemo', 'login']) {
      await open(id)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    }
    await page.getByRole('link', { name: 'All operations' }).click()
    await list.waitFor()
    await page.close()
  })

  test('calls every operation that is declared', async () => {
    const docs = await openDocs(browser, api)
    const { page } = docs
    await docs.signIn(api.admin.username)
    const { body } = await api.call('GET /api/v1/openapi.json')
    const all = Object.values<object>(body.paths).flatMap((path) => Object.values(path))
    // The operations of resources are alike: some will do, except in the full suite.
    const nth = repetitions(1, 4)
    const operations = all.filter(({ tags }, at) => tags[0] === 'auth' || at % nth === 0)
    const statuses: Record<string, number> = {}
    for (const { operationId } of operations) {
      await docs.open(operationId)
      for (const input of await page.locator('.try .path input').all())
        if ((await input.inputValue()) === '') await input.fill('nobody')
      statuses[operationId] = await call()
    }
    const guarded = operations.filter(({ security }) => security[0]?.bearerAuth)
    expect(Object.entries(statuses).filter(([, status]) => status >= 500)).toEqual([])
    expect(guarded.filter(({ operationId }) => statuses[operationId] === 401)).toEqual([])
    await page.close()

    /** Some operations end the session. */
    async function call(): Promise<number> {
      const { status } = await docs.send()
      if (!(await page.getByRole('button', { name: 'Sign in first' }).isVisible()))
        return Number(status)
      await docs.signIn(api.admin.username)
      return Number((await docs.send()).status)
    }
  }, 180_000)

  test('follows whatever is declared', async () => {
    const size = { type: 'object', properties: { width: { type: 'number' } }, required: ['width'] }
    const { page, open } = await openDocs(browser, api, {
      declare(document) {
        document.tags.push({ name: 'kites' })
        document.components.schemas.Line = {
          anyOf: [
            {
              type: 'object',
              properties: { silk: { type: 'number' }, knots: size },
              required: ['silk'],
            },
            { type: 'object', properties: { hemp: { type: 'number' } }, required: ['hemp'] },
          ],
        }
        document.components.schemas.Kite = {
          type: 'object',
          properties: {
            size,
            colour: { enum: ['red', 'blue'], description: 'As **seen** from below.' },
            line: {
              $ref: '#/components/schemas/Line',
              description: 'The **longest** that you have.',
            },
            notes: { $ref: '#/components/schemas/Any' },
            tails: { type: 'array', items: { type: 'string' }, maxItems: 3 },
          },
          required: ['size', 'colour', 'line'],
        }
        document.components.schemas.Any = {
          anyOf: [
            { type: 'string' },
            { type: 'array', items: { $ref: '#/components/schemas/Any' } },
          ],
        }
        document.paths['/api/v1/kites'] = {
          post: {
            operationId: 'flyKite',
            summary: 'Fly a kite',
            tags: ['kites'],
            security: [{ bearerAuth: ['kites:write'] }],
            parameters: [{ name: 'wind', in: 'query', schema: { enum: ['north', 'south'] } }],
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Kite' } } },
            },
            responses: { 201: { description: 'Up it goes' } },
          },
        }
      },
    })
    await open('flyKite')
    const body = await page.getByLabel('Body', { exact: true }).inputValue()
    expect(JSON.parse(body)).toEqual({ size: { width: 0 }, colour: 'red', line: { silk: 0 } })
    await page.locator('.fields').getByText('list of string, at most 3').waitFor()
    expect(await page.locator('.fields strong').allInnerTexts()).toEqual(['seen', 'longest'])
    const required = page.locator('.fields div', { has: page.locator('.required') })
    expect(await required.locator('.name').allInnerTexts()).toEqual([
      'size',
      'width',
      'colour',
      'line',
      'width',
    ])
    await page.getByLabel('wind').selectOption('south')
    const command = page.getByRole('region', { name: 'This request as a curl command' })
    await command.getByText('/api/v1/kites?wind=south').waitFor()
    await page.close()
  })

  describe.each(['light', 'dark'] as const)('axe, %s', (colorScheme) => {
    test.each([1280, 390])('finds nothing serious at a width of %i', async (width) => {
      const viewport = { width, height: 844 }
      const { page, open, send } = await openDocs(browser, api, { viewport, colorScheme })
      expect(await seriousFindings(page)).toEqual([])
      await open('createPupil')
      await send()
      await page.getByText('Headers of the answer').click()
      for (const answer of await page.locator('.reference summary').all()) await answer.click()
      expect(await seriousFindings(page)).toEqual([])
      await page.locator('#sign-in').click()
      expect(await seriousFindings(page)).toEqual([])
      await page.close()
    })
  })
})

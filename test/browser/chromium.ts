import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

function findChromium(): string | undefined {
  const places = [
    process.env.CHROME_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return places.find((place) => place !== undefined && existsSync(place))
}

/** A Chromium or Chrome of this machine; `CHROME_PATH` names another. */
export const chromiumPath = findChromium()

if (!chromiumPath) {
  const missing = 'there is no Chromium here; install one, or name it in CHROME_PATH'
  if (process.env.CI) throw new Error(missing)
  process.stderr.write(`\n!!! LEFT OUT: the tests in a browser: ${missing}\n\n`)
}

/**
 * Starts it headless, and so that it asks nobody but this machine for anything.
 * @param host a name that is this machine's too
 */
export function launch(host = 'this.example'): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${host} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
    ],
  })
}

import { join } from 'node:path'

let made: ReturnType<typeof make> | undefined

/** The page that shows what /local/mail.json answers; made when somebody asks for it. */
export function mailPage(): ReturnType<typeof make> {
  made ??= make()
  return made
}

async function make() {
  // The bundler would make every start longer.
  const { htmlOf } = await import('../../functions/pages/build.ts')
  const { html, scriptHash } = await htmlOf(join(import.meta.dirname, 'mail-page'))
  // A mail as HTML has styles and images of its own; no script but the page's runs.
  const policy = [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    "style-src 'unsafe-inline'",
    'img-src https: data:',
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
  }
  return { html, headers }
}

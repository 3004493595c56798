import { styleText } from 'node:util'
import { Failure } from '../failure.ts'
import type { AdminAccount } from './admin-account.ts'
import type { Log } from './logs.ts'

/** Says something to the person who started the runner; what functions log goes to standard output. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Tells each step of the start, with what it took. */
export function stepTeller(): (step: string) => void {
  let begun = 0
  return (step) => {
    const ms = Math.round(performance.now() - begun)
    begun = performance.now()
    say(`${styleText('green', '✓', { stream: process.stderr })} ${step.padEnd(28)} ${ms} ms`)
  }
}

/** An error for people: without the stack where the developer can fix it. */
export function messageOf(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException
  const expected = error instanceof Failure || code?.startsWith('ERR_PARSE_ARGS')
  return styleText('red', expected ? message : (stack ?? message), { stream: process.stderr })
}

/** Keeps log lines back until they are let go, so that they do not come between the steps. */
export function heldBack(log: Log): { readonly log: Log; release(): void } {
  let held: Parameters<Log>[] | undefined = []
  return {
    log: (line, source) =>
      held === undefined ? log(line, source) : void held.push([line, source]),
    release() {
      for (const entry of held ?? []) log(...entry)
      held = undefined
    },
  }
}

/** What a person needs to begin. */
export function introduce(origin: string, admin: AdminAccount): void {
  const { username, generatedPassword } = admin
  const given = process.env.ADMIN_PASSWORD ? '$ADMIN_PASSWORD' : '<password>'
  const body = JSON.stringify({ username, password: generatedPassword ?? given })
  // Double quotes where the shell must put in the password from the environment.
  const quoted = given.startsWith('$') ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`
  say('')
  say(`Portcullis is ready at ${origin} after ${Math.round(performance.now())} ms`)
  say(`  documentation  ${origin}/docs`)
  say(`  mails          ${origin}/local/mail`)
  say(`  admin          ${describeAdmin(admin)}`)
  say('')
  say(`  TOKEN=$(curl -s ${origin}/api/v1/auth/login -H 'Content-Type: application/json' \\`)
  say(`    -d ${quoted} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`)
  say(`  curl -s ${origin}/api/v1/users/me -H "Authorization: Bearer $TOKEN"`)
  say('')
}

function describeAdmin({ username, generatedPassword, created }: AdminAccount): string {
  if (generatedPassword !== undefined)
    return `${username} / ${generatedPassword}   (shown only once)`
  if (created) return `${username}, with the password of ADMIN_PASSWORD`
  return `${username} already exists; for a new password: npm run admin -- set-password ${username}`
}

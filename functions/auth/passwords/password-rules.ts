import { brotliDecompressSync } from 'node:zlib'
import * as z from 'zod'
import { optional, variables } from '../../config/environment.ts'
import { once } from '../../model/memoized.ts'
import { invalid } from '../../model/problems.ts'
import { wholeRule } from '../../model/rules.ts'
import { productName } from '../../resources/product.ts'
import { commonPasswords, sharesNothing } from './common-passwords.static.ts'
import { isHashable } from './passwords.ts'

/** Code points of the NFC form. A stage may ask for more than the shortest. */
const [shortest, longest] = [8, 256]

/** Code units as sent: more are not even normalized, which for some texts takes long. */
const longestSent = 2048

const common = once(() => new Set(decoded(decompressed(commonPasswords.compressed))))

/** The field for a password that is being set (NIST SP 800-63B-4 section 3.1.1.2). */
export function newPassword() {
  return z
    .string()
    .check((context) => {
      const message = fault(context.value)
      if (message) context.issues.push({ code: 'custom', input: context.value, message })
    })
    .meta({ minLength: shortest, maxLength: longest, format: 'password' })
    .describe(
      'The length is counted in NFC form; a stage may require a longer one. Common passwords are refused, and so are the username, the address and the name of the service, alone or with only digits or punctuation added.',
    )
}

/**
 * Refuses a password that is nothing but a word of its own context, whatever digits and marks stand
 * around it.
 * @throws Problem 422 at the pointer
 */
export function refuseContextWords(context: Context, password: string, pointer: string): void {
  const detail = contextFault(context, password)
  if (detail !== undefined) throw invalid({ pointer, detail })
}

/** The same, as a rule of a body that holds all three. */
export function freeOfContextWords() {
  return wholeRule<Partial<Context> & { readonly password?: string }>(({ value, issues }) => {
    const { username = '', email = '', password } = value
    if (![username, email, password].every((text) => typeof text === 'string')) return
    // Of one that is too long the field's own rule tells, and nothing is normalized.
    if (password === undefined || password.length > longestSent) return
    const message = contextFault({ username, email }, password)
    if (message !== undefined)
      issues.push({ code: 'custom', input: value, path: ['password'], message })
  })
}

/** Whose password it is. */
interface Context {
  readonly username: string
  readonly email?: string | undefined
}

function contextFault({ username, email = '' }: Context, password: string): string | undefined {
  const words: readonly (readonly [word: string, name: string])[] = [
    [username, 'the username'],
    [email, 'the e-mail address'],
    [email.split('@', 1)[0] ?? '', 'the e-mail address'],
    [productName, 'the name of the service'],
  ]
  const text = password.normalize('NFC').toLowerCase()
  const found = words.find(([word]) => isDecorated(text, word.toLowerCase()))
  return found && mustNotBe(found[1])
}

function fault(sent: string): string | undefined {
  const minimum = Number(optional(variables.passwordMinimum) ?? shortest)
  const tooLong = `must have at most ${longest} characters`
  if (sent.length > longestSent) return tooLong
  if (!isHashable(sent)) return 'must be well-formed Unicode without the NUL character'
  const form = sent.normalize('NFC')
  const length = [...form].length
  if (length > longest) return tooLong
  if (length < minimum) return `must have at least ${minimum} characters`
  if (undecorated(form.toLowerCase()).some((part) => common().has(part)))
    return mustNotBe('a common password')
  return undefined
}

function mustNotBe(what: string): string {
  return `must not be ${what}, alone or with only digits or punctuation added`
}

/** The most digits or marks on either side that are taken away. */
const mostDecoration = 32

/**
 * The text without some, all or none of the digits and marks that stand around its letters; of one
 * that has none, also what lies between the marks around it, and each of its numbers.
 */
function undecorated(text: string): string[] {
  const before = /^\P{L}*/u.exec(text)?.[0].length ?? 0
  if (before === text.length)
    return [text, text.replace(/^[^\p{N}]+|[^\p{N}]+$/gu, ''), ...text.split(/\P{N}+/u)]
  const after = /\P{L}*$/u.exec(text)?.[0].length ?? 0
  const parts: string[] = []
  for (let left = Math.max(0, before - mostDecoration); left <= before; left++)
    for (let right = Math.max(0, after - mostDecoration); right <= after; right++)
      parts.push(text.slice(left, text.length - right))
  if (before > 0 || after > 0) parts.push(text)
  return parts
}

/** Both in lower case. */
function isDecorated(text: string, word: string): boolean {
  const at = word === '' ? -1 : text.indexOf(word)
  if (at < 0) return false
  return !/\p{L}/u.test(text.slice(0, at) + text.slice(at + word.length))
}

/** The lines of a front-coded list. */
function decoded(text: string): string[] {
  let line = ''
  return text.split('\n').map((coded) => {
    line = line.slice(0, coded.charCodeAt(0) - sharesNothing) + coded.slice(1)
    return line
  })
}

function decompressed(base64: string): string {
  return brotliDecompressSync(Buffer.from(base64, 'base64')).toString('utf8')
}

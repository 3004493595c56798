import { createHmac } from 'node:crypto'
import bcrypt from 'bcryptjs'
import * as z from 'zod'
import { requiredInteger, variables } from '../../config/environment.ts'

/**
 * Passwords as bcrypt hashes of their NFC form. bcrypt reads at most 72 bytes: a longer form is
 * digested first, and the hash is marked as one of a digest; all others stay portable.
 */
const digested = 'sha384'

/** Hashes a password. The forms that cannot be hashed are refused by `newPassword`. */
export async function hashPassword(password: string): Promise<string> {
  const form = password.normalize('NFC')
  if (!isHashable(form)) throw new Error('This password cannot be hashed without loss')
  return bcrypt.truncates(form)
    ? digested + (await bcrypt.hash(digest(form), cost()))
    : bcrypt.hash(form, cost())
}

/**
 * Compares a password with a hash. Hashes that are older or were made elsewhere are of the password
 * as it was sent: that is tried first where it differs from the NFC form. Without a hash (there is
 * no such user) the same work is done on one that nothing matches, so that the response time
 * reveals nothing; so is the work that a hash of a lower cost saves.
 * @returns `outdated` for a hash that `hashPassword` would make differently now
 */
export async function matchPassword(
  password: string,
  hash: string | undefined,
): Promise<'current' | 'outdated' | undefined> {
  const form = password.normalize('NFC')
  const forms = form === password ? [form] : [password, form]
  let matching: string | undefined
  for (const tried of forms) if (await compares(tried, hash)) matching = tried
  if (hash === undefined || matching === undefined) return undefined
  return matching === form && bcrypt.getRounds(bcryptPart(hash)) === cost() ? 'current' : 'outdated'
}

/** Whether the password is the one that the hash is of; see `matchPassword`. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  return (await matchPassword(password, hash)) !== undefined
}

async function compares(form: string, hash: string | undefined): Promise<boolean> {
  const compared = hash === undefined ? matchesNothing(cost()) : bcryptPart(hash)
  const input = hash?.startsWith(digested) ? digest(form) : form
  const usable = isHashable(input) && !bcrypt.truncates(input)
  const matches = await bcrypt.compare(usable ? input : '', compared)
  // 2^n rounds, and 2^n + 2^(n+1) + … until there have been 2^cost.
  for (let made = bcrypt.getRounds(compared); made < cost(); made++)
    await bcrypt.compare('', matchesNothing(made))
  return matches && usable && hash !== undefined
}

/** The highest cost that a stage can have. */
export const highestCost = 14

/**
 * A hash that was made here or elsewhere. `$2a$` and `$2y$` are the same algorithm under other
 * names, as long as passwords have at most 72 bytes. A costlier hash than the stage's is refused:
 * its time would tell who exists. So is a spelling that bcrypt does not write: nothing matches it.
 */
export function storedHash() {
  const form =
    /^(?:sha384)?\$2[aby]\$\d\d\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/
  const costOf = (hash: string) => bcrypt.getRounds(bcryptPart(hash))
  return z
    .string()
    .refine((hash) => form.test(hash) && costOf(hash) >= 4 && costOf(hash) <= highestCost, {
      error: `must be a bcrypt hash of cost 4 to ${highestCost}`,
      abort: true,
    })
    .refine((hash) => costOf(hash) <= cost(), {
      error: ({ input }) =>
        `is of cost ${costOf(String(input))}, and the stage takes ${cost()} at most: raise its bcryptCost first`,
    })
    .transform((hash) => hash.replace(/\$2[aby]\$/, '$2b$$'))
}

/** What bcrypt hashes without loss: well-formed Unicode without NUL, at which it would stop. */
export function isHashable(password: string): boolean {
  return password.isWellFormed() && !password.includes('\0')
}

/** 64 characters; the label keeps it from being the digest that somebody else stores. */
function digest(form: string): string {
  return createHmac('sha384', 'portcullis password').update(form).digest('base64')
}

function bcryptPart(hash: string): string {
  return hash.startsWith(digested) ? hash.slice(digested.length) : hash
}

function cost(): number {
  return requiredInteger(variables.bcryptCost)
}

/** The hash of an account whose password admits nobody, until another one is set. */
export async function voidHash(): Promise<string> {
  return matchesNothing(cost())
}

/** A well-formed hash: a fresh salt, and a checksum of all zero bits. */
function matchesNothing(cost: number): string {
  return bcrypt.genSaltSync(cost) + '.'.repeat(31)
}

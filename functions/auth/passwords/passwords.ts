import bcrypt from 'bcryptjs'
import * as z from 'zod'
import { requiredInteger, variables } from '../../config/environment.ts'

/**
 * Passwords as bcrypt hashes. bcrypt reads at most 72 bytes and stops at NUL, so a longer password
 * is refused when it is set and never matches when it is tried.
 */
export async function hashPassword(password: string): Promise<string> {
  if (!isHashable(password)) throw new Error('This password cannot be hashed without loss')
  return bcrypt.hash(password, cost())
}

/**
 * Compares a password with a hash. Without a hash (there is no such user) the same work is done
 * on one that nothing matches, so that the time tells nothing; so is the work that a hash lacks
 * which was made at a lower cost.
 */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const usable = isHashable(password)
  const compared = hash ?? matchesNothing(cost())
  const matches = await bcrypt.compare(usable ? password : '', compared)
  // 2^n rounds, and 2^n + 2^(n+1) + … until there have been 2^cost.
  for (let made = bcrypt.getRounds(compared); made < cost(); made++)
    await bcrypt.compare('', matchesNothing(made))
  return matches && usable && hash !== undefined
}

/** True for a hash of another cost than the configured one. */
export function isOutdated(hash: string): boolean {
  return bcrypt.getRounds(hash) !== cost()
}

/**
 * A hash that was made elsewhere. `$2a$` and `$2y$` are the same algorithm under other names, as
 * long as passwords have at most 72 bytes; a costlier hash would outlast a login.
 */
export function storedHash() {
  return z
    .string()
    .regex(
      /^\$2[aby]\$(?:0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$/,
      'must be a bcrypt hash of cost 4 to 15',
    )
    .transform((hash) => `$2b${hash.slice(3)}`)
}

export function isHashable(password: string): boolean {
  return password.isWellFormed() && !password.includes('\0') && !bcrypt.truncates(password)
}

function cost(): number {
  return requiredInteger(variables.bcryptCost)
}

/** A well-formed hash: a fresh salt, and a checksum of all zero bits. */
function matchesNothing(cost: number): string {
  return bcrypt.genSaltSync(cost) + '.'.repeat(31)
}

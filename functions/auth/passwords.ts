import bcrypt from 'bcryptjs'
import { requiredInteger, variables } from '../config/environment.ts'

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
 * on one that nothing matches, so that the time tells nothing.
 */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const usable = isHashable(password)
  const matches = await bcrypt.compare(usable ? password : '', hash ?? matchesNothing())
  return matches && usable && hash !== undefined
}

export function isHashable(password: string): boolean {
  return password.isWellFormed() && !password.includes('\0') && !bcrypt.truncates(password)
}

function cost(): number {
  return requiredInteger(variables.bcryptCost)
}

/** A well-formed hash of the configured cost: a fresh salt, and a checksum of all zero bits. */
function matchesNothing(): string {
  return bcrypt.genSaltSync(cost()) + '.'.repeat(31)
}

import { brotliDecompressSync } from 'node:zlib'
import * as z from 'zod'
import { rule } from '../../model/fields.ts'
import { invalid } from '../../model/problems.ts'
import { commonPasswords } from './common-passwords.static.ts'
import { isHashable } from './passwords.ts'

let common: ReadonlySet<string> | undefined

/** The field for a password that is being set: 8 code points to 72 bytes of UTF-8, not common. */
export function newPassword() {
  return z
    .string()
    .check(
      rule((value) => [...value].length >= 8, 'must have at least 8 characters'),
      rule(isHashable, 'must have at most 72 bytes of UTF-8, none of them NUL'),
      rule((value) => !isCommon(value), 'is one of the most common passwords'),
    )
    .meta({ minLength: 8, maxLength: 72, format: 'password' })
}

/** @throws Problem 422 at the pointer for a password that is the username itself */
export function refuseUsername(username: string, password: string, pointer: string): void {
  if (username.toLowerCase() === password.toLowerCase())
    throw invalid({ pointer, detail: 'must not be the username' })
}

function isCommon(password: string): boolean {
  common ??= new Set(decompressed(commonPasswords).split('\n'))
  return common.has(password.toLowerCase())
}

function decompressed(base64: string): string {
  return brotliDecompressSync(Buffer.from(base64, 'base64')).toString('utf8')
}

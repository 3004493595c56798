import { randomBytes, randomInt } from 'node:crypto'
import type { PasswordRules } from '../model.ts'
import { SecretsError } from './secrets-error.ts'

/** `GenerateSecretString` of a secret: a password, alone or within a JSON template. */
export function generateSecretString(rules: PasswordRules): string {
  const { SecretStringTemplate: template, GenerateStringKey: key } = rules
  const password = randomPassword(rules as Record<string, unknown>)
  if (template === undefined || key === undefined) return password
  return JSON.stringify({ ...(JSON.parse(template) as object), [key]: password })
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export function randomPassword(rules: PasswordRules): string {
  const excluded = new Set(rules.ExcludeCharacters ?? '')
  const kinds = [
    rules.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    rules.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    rules.ExcludeNumbers ? '' : '0123456789',
    rules.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    rules.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !excluded.has(character)))
    .filter((kind) => kind.length > 0)
  const length = Number(rules.PasswordLength ?? 32)
  const all = kinds.flat()
  const pick = (from: string[]) => from[randomInt(from.length)] ?? ''
  if (all.length === 0) {
    throw new SecretsError('InvalidParameterException', 'every character is excluded')
  }
  for (;;) {
    const password = Array.from({ length }, () => pick(all)).join('')
    const complete = kinds.every((kind) => kind.some((character) => password.includes(character)))
    if (complete || rules.RequireEachIncludedType === false || length < kinds.length)
      return password
  }
}

/** A password for people to read: 24 characters of base64url. */
export function readablePassword(): string {
  return randomBytes(18).toString('base64url')
}

import { codeOf, stepAt } from '../../functions/auth/factors/totp.ts'
import type { Api } from './harness.ts'

/** Bytes of Base32 (RFC 4648), as an app reads them from the QR code. */
export function decoded(text: string): Buffer {
  const bits = [...text]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
    .map((value) => value.toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The code that an app shows for a secret, `offset` steps from now. */
export function shownCode({ runner }: Pick<Api, 'runner'>, secret: string, offset = 0): string {
  return codeOf(decoded(secret), stepAt(runner.clock.now()) + offset)
}

/** A code that the app does not show, and will not within two steps. */
export function wrongCode(api: Pick<Api, 'runner'>, secret: string): string {
  const right = [-2, -1, 0, 1, 2].map((offset) => shownCode(api, secret, offset))
  const codes = ['000000', '111111', '222222', '333333', '444444', '555555']
  return codes.find((code) => !right.includes(code)) ?? ''
}

export interface Factor {
  readonly factorId: string
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

/** Adds a factor and confirms it; its first code then lies a step back. */
export async function enrolled(api: Api, token: string): Promise<Factor> {
  const { body: made } = await api.call('POST /api/v1/auth/factors/totp', { token })
  const { status, text, body } = await api.call(`POST /api/v1/auth/factors/${made.id}/confirm`, {
    token,
    body: { code: shownCode(api, made.secret) },
  })
  if (status !== 200) throw new Error(`Confirming a factor: ${status} ${text}`)
  api.runner.clock.advance(30_000)
  return { factorId: made.id, secret: made.secret, recoveryCodes: body.recoveryCodes }
}

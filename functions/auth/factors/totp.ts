import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds that a code is shown for. */
export const stepSeconds = 30
export const codeDigits = 6

/** The time step that a moment lies in (RFC 6238 section 4.2). */
export function stepAt(milliseconds: number): number {
  return Math.floor(milliseconds / 1000 / stepSeconds)
}

/** The code of a time step: RFC 4226 section 5.3 with HMAC-SHA-1. */
export function codeOf(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** codeDigits).padStart(codeDigits, '0')
}

/**
 * The step whose code was given: the present one or, as clocks and people are slow, the one before
 * (RFC 6238 section 5.2).
 * @param last the step that was used last: neither it nor one before it counts again
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  last: number,
  now: number,
): number | undefined {
  const present = stepAt(now)
  const given = Buffer.from(code)
  const matching = [present, present - 1].filter((step) => {
    const expected = Buffer.from(codeOf(secret, step))
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return matching.find((step) => step > last)
}

import { randomBytes } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'
import { seal, sealingKey, unseal } from './opaque-tokens.ts'

/**
 * A device token shows that this device has signed in on this account before. It admits nobody;
 * it only gives the device's logins a budget of failures of their own.
 */
export function deviceToken(userId: string, presented: string | undefined, ring: KeyRing): string {
  const device = openDeviceToken(presented, userId, ring) ?? randomBytes(12).toString('base64url')
  return seal('device', [userId, device], sealingKey(ring))
}

/** The device of a token for this account; undefined for any other string. */
export function openDeviceToken(
  token: string | undefined,
  userId: string,
  ring: KeyRing,
): string | undefined {
  const [owner, device] = (token && unseal('device', token, ring)?.parts) || []
  return owner === userId ? device : undefined
}

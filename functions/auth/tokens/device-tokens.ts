import { randomBytes } from 'node:crypto'
import type { KeyRing, MacKey } from '../keys/key-ring.ts'
import { seal, unseal } from './opaque-tokens.ts'

/**
 * A device token shows that this device has signed in on this account before. It admits nobody;
 * it only gives the device's logins a budget of failures of their own.
 * @param device what `openDeviceToken` found; without it the device is a new one
 */
export function deviceToken(userId: string, device: string | undefined, key: MacKey): string {
  return seal('device', [userId, device ?? randomBytes(12).toString('base64url')], key)
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

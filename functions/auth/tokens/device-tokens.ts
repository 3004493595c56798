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

/**
 * The device that a token names, and whose it is; undefined for any string that is not one of ours.
 * It is opened no matter who signs in, so that the response time does not reveal who
 * exists.
 */
export function openDeviceToken(token: string | undefined, ring: KeyRing): Device | undefined {
  const [userId, device] = (token && unseal('device', token, ring)?.parts) || []
  return userId && device ? { userId, device } : undefined
}

export interface Device {
  readonly userId: string
  readonly device: string
}

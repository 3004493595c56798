import { expect, test, vi } from 'vitest'
import type { KeyRing, MacKey } from '../../functions/auth/keys/key-ring.ts'
import { openDeviceToken } from '../../functions/auth/tokens/device-tokens.ts'
import { seal } from '../../functions/auth/tokens/opaque-tokens.ts'

const key: MacKey = { id: 'abc', key: Buffer.alloc(32, 1).toString('base64url'), from: 0 }
const ring = { mac: [key] } as unknown as KeyRing

test('a token that was sealed here names its user and device, and no other string does', () => {
  const token = seal('device', ['user', 'phone'], key)
  expect(openDeviceToken(token, ring)).toEqual({ userId: 'user', device: 'phone' })
  expect(openDeviceToken(`${token}x`, ring)).toBeUndefined()
  expect(openDeviceToken(undefined, ring)).toBeUndefined()
})

test('what is longer than any token is not even split', () => {
  const split = vi.spyOn(String.prototype, 'split')
  const found = openDeviceToken(`device.abc${'.'.repeat(99_000)}`, ring)
  expect(found).toBeUndefined()
  expect(split).not.toHaveBeenCalled()
  split.mockRestore()
})

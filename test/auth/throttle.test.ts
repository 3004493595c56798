import { expect, test } from 'vitest'
import { loginCounters, signupCounters } from '../../functions/auth/throttle.ts'

const addressOf = (address: string) => signupCounters(address)[0]?.of

test('an IPv6 address counts as its /64 network, as one customer has all of one', () => {
  const network = addressOf('2001:db8:1:2:3:4:5:6')
  for (const same of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::', '2001:db8:1:2:0:0:0:9'])
    expect(addressOf(same)).toEqual(network)
  for (const other of ['2001:db8:1:3::1', '2001:db8::1', '::1', '2001:db8:1::2:3:4:5', '192.0.2.1'])
    expect(addressOf(other)).not.toEqual(network)
  expect(addressOf('::1')).toEqual(['0:0:0:0'])
  expect(addressOf('fe80::1')).toEqual(['fe80:0:0:0'])
})

test('an IPv4 address counts as itself, in IPv6 too', () => {
  expect(addressOf('192.0.2.1')).toEqual(['192.0.2.1'])
  expect(addressOf('::ffff:192.0.2.1')).not.toEqual(addressOf('::ffff:192.0.2.2'))
})

test('a login counts from the narrowest to the widest; a known device only by itself', () => {
  const names = (device?: string[]) =>
    loginCounters(['ada'], '192.0.2.1', device).map(({ budget }) => budget)
  expect(names()).toEqual(['account-and-address', 'account', 'address'])
  expect(names(['user', 'device'])).toEqual(['device', 'devices'])
})

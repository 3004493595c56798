import { describe, expect, test, vi } from 'vitest'
import {
  begun,
  type KeyRing,
  nextRing,
  parseRing,
  publishedSeconds,
} from '../../functions/auth/keys/key-ring.ts'
import { seal, unseal } from '../../functions/auth/tokens/opaque-tokens.ts'
import {
  publicPart,
  signAccessToken,
  verifyAccessToken,
} from '../../functions/auth/tokens/tokens.ts'

const day = 24 * 60 * 60
const lifetime = 900

describe('the ring', () => {
  test('seals with a new key only when every function has it', async () => {
    const first = await nextRing('ES256', undefined, lifetime)
    const [only] = first.mac
    expect(begun(first.mac)).toBe(only)
    const second = await nextRing('ES256', first, lifetime)
    expect(begun(second.mac)).toEqual(only)
    await later(61, () => expect(begun(second.mac)).toBe(second.mac[0]))
  })

  test('keeps a sealing key until the last session has ended that began with it', async () => {
    let ring = await nextRing('ES256', undefined, lifetime)
    const [first] = ring.mac
    const has = (held: KeyRing) => held.mac.some(({ id }) => id === first?.id)
    ring = await nextRing('ES256', ring, lifetime)
    for (const days of [1, 45, 89]) {
      await later(days * day, async () => {
        ring = await nextRing('ES256', ring, lifetime)
      })
      expect(has(ring)).toBe(true)
    }
    await later(90 * day + 120, async () => {
      expect(has(await nextRing('ES256', ring, lifetime))).toBe(false)
    })
  })

  test('keeps earlier secrets while tokens may be signed with them, if they are symmetric', async () => {
    const first = await nextRing('HS256', undefined, lifetime)
    const second = await nextRing('HS256', first, lifetime)
    expect(kids(second.signing)).toEqual([
      ...kids(second.signing.slice(0, 1)),
      ...kids(first.signing),
    ])
    await later(publishedSeconds + 61, async () => {
      const third = await nextRing('HS256', second, lifetime)
      expect(kids(third.earlier)).toEqual(kids(first.signing))
      await later(publishedSeconds + 61, async () => {
        const fourth = await nextRing('HS256', third, lifetime)
        expect(kids(fourth.earlier)).toEqual(kids(second.signing))
      })
    })
    // Nobody who verifies by the public keys could verify what an earlier secret signed.
    const turned = await nextRing('ES256', second, lifetime)
    expect([turned.earlier, turned.signing.length]).toEqual([[], 1])
    expect(begun(turned.signing).algorithm).toBe('ES256')
  })

  test('leaves a withdrawn key out, of whichever kind', async () => {
    const first = await nextRing('HS256', undefined, lifetime)
    const signing = await nextRing('HS256', first, lifetime, first.signing[0]?.kid)
    expect([signing.earlier, signing.signing.length]).toEqual([[], 1])
    const [sealing] = first.mac
    const sealed = await nextRing('HS256', first, lifetime, sealing?.id)
    expect(sealed.mac.map(({ id }) => id)).not.toContain(sealing?.id)
    // No other key has begun: the new one begins at once.
    expect(begun(sealed.mac).from).toBeLessThanOrEqual(Date.now() / 1000)
  })

  test('signs with a new key only when no verifier can have an older list of keys', async () => {
    const first = await nextRing('ES256', undefined, lifetime)
    expect(begun(first.signing).from).toBeLessThanOrEqual(Date.now() / 1000)
    const second = await nextRing('RS256', first, lifetime)
    expect(kids(second.signing)).toHaveLength(2)
    await later(7 * 60 - 30, () => expect(begun(second.signing)).toEqual(first.signing[0]))
    await later(8 * 60 + 1, () => expect(begun(second.signing)).toBe(second.signing[0]))
    // The successor of a withdrawn key begins at once: nothing else could sign.
    const [replaced] = first.signing
    const urgent = await nextRing('ES256', first, lifetime, replaced?.kid)
    expect(begun(urgent.signing)).toBe(urgent.signing[0])
    expect(kids(urgent.signing)).not.toContain(replaced?.kid)
  })

  test.each(['ES256', 'HS256'] as const)(
    'of %s signs with another key at once where the withdrawn one had replaced others',
    async (algorithm) => {
      const first = await nextRing(algorithm, undefined, lifetime)
      const second = await nextRing(algorithm, first, lifetime)
      const withdrawn = second.signing[0]?.kid
      await later(publishedSeconds + 120, async () => {
        const third = await nextRing(algorithm, second, lifetime, withdrawn)
        expect(begun(third.signing)).toBe(third.signing[0])
        expect(third.signing).toHaveLength(1)
        // What the first key signed a few minutes ago is good.
        expect(kids(third.earlier)).toEqual(algorithm === 'HS256' ? kids(first.signing) : [])
      })
      await later(day, async () => {
        const third = await nextRing(algorithm, second, lifetime, withdrawn)
        expect(begun(third.signing)).toBe(third.signing[0])
        expect([third.signing.length, third.earlier]).toEqual([1, []])
      })
    },
  )

  test('signs with a new key at once where the algorithm of before comes back', async () => {
    const first = await nextRing('ES256', undefined, lifetime)
    const second = await nextRing('HS256', first, lifetime)
    await later(day, async () => {
      const third = await nextRing('ES256', second, lifetime)
      expect(begun(third.signing)).toBe(third.signing[0])
      expect(third.signing).toHaveLength(1)
    })
  })

  test('of before keys had a beginning is read as it was', async () => {
    const { signing, mac } = await nextRing('HS256', undefined, lifetime)
    const { kid, jwk } = begun(signing)
    const former = { algorithm: 'HS256', signing: { kid, jwk }, earlier: [], mac }
    const ring = parseRing(JSON.stringify(former))
    expect(ring).toMatchObject({ signing: [{ kid, jwk, algorithm: 'HS256', from: 0 }], mac })
  })

  test.each(['', 'x', '{}', 'null', '[]', '{"signing":{}}'])('is not "%s"', (text) => {
    expect(parseRing(text)).toBeUndefined()
  })
})

describe('opaque tokens', () => {
  test('are good for their kind, unaltered', async () => {
    const ring = await nextRing('ES256', undefined, lifetime)
    const key = begun(ring.mac)
    const token = seal('refresh', ['user', 'session', '7'], key)
    expect(unseal('refresh', token, ring)).toEqual({ parts: ['user', 'session', '7'], key })
    expect(unseal('device', token, ring)).toBeUndefined()
    for (let index = 0; index < token.length; index++) {
      const other = token[index] === 'A' ? 'B' : 'A'
      const altered = token.slice(0, index) + other + token.slice(index + 1)
      expect(unseal('refresh', altered, ring)).toBeUndefined()
    }
    const stranger = await nextRing('ES256', undefined, lifetime)
    expect(unseal('refresh', token, stranger)).toBeUndefined()
  })

  test('cannot be split in another way', async () => {
    const ring = await nextRing('ES256', undefined, lifetime)
    const key = begun(ring.mac)
    const token = seal('refresh', ['a', 'bc', '0'], key)
    const mac = token.slice(token.lastIndexOf('.'))
    for (const parts of ['ab.c.0', 'a.bc.0.0', 'a.b.c.0', 'a.bc0'])
      expect(unseal('refresh', `refresh.${key.id}.${parts}${mac}`, ring)).toBeUndefined()
  })
})

describe('M5: weak keys', () => {
  test('HS256 wants 256 bits', async () => {
    const expectation = { issuer: 'x', audience: 'x' } as const
    const algorithm = 'HS256' as const
    const weak = {
      kid: '1',
      algorithm,
      jwk: { kty: 'oct', k: Buffer.alloc(31).toString('base64url') },
    }
    const names = { iss: 'x', aud: 'x', client_id: 'x', sub: '-', sid: '-', auth_time: 0 }
    const claims = { ...names, scope: '', role: 'member' } as const
    const exp = Date.now() / 1000 + 60
    await expect(signAccessToken(weak, { ...claims, exp })).rejects.toThrow('256 bits')
    const token = `${Buffer.from('{"alg":"HS256","kid":"1","typ":"at+jwt"}').toString('base64url')}.e30.eA`
    await expect(verifyAccessToken(token, weak, expectation)).rejects.toThrow('256 bits')
  })

  test.each(['ES256', 'EdDSA', 'RS256', 'HS256'] as const)('%s keys are strong', async (name) => {
    const { signing } = await nextRing(name, undefined, lifetime)
    const { k, n, crv } = begun(signing).jwk
    if (name === 'HS256')
      expect(Buffer.from(k ?? '', 'base64url').length).toBeGreaterThanOrEqual(32)
    if (name === 'RS256')
      expect(Buffer.from(n ?? '', 'base64url').length).toBeGreaterThanOrEqual(256)
    if (name === 'ES256') expect(crv).toBe('P-256')
    if (name === 'EdDSA') expect(crv).toBe('Ed25519')
  })

  test('M6: of a key only what is public is published', async () => {
    for (const name of ['ES256', 'EdDSA', 'RS256'] as const) {
      const { signing } = await nextRing(name, undefined, lifetime)
      const published = Object.keys(publicPart(begun(signing).jwk))
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
        expect(published).not.toContain(secret)
    }
    const { signing } = await nextRing('HS256', undefined, lifetime)
    expect(() => publicPart(begun(signing).jwk)).toThrow('Only an asymmetric key')
  })
})

function kids(keys: readonly { readonly kid: string }[]): string[] {
  return keys.map(({ kid }) => kid)
}

/** At a later time, in seconds. */
async function later(seconds: number, run: () => unknown): Promise<void> {
  vi.useFakeTimers({ now: Date.now() + seconds * 1000, toFake: ['Date'] })
  try {
    await run()
  } finally {
    vi.useRealTimers()
  }
}

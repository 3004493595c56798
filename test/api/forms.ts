import fc from 'fast-check'

/** A form as anybody may send it, whether they know something of OAuth or nothing. */
export interface SentForm {
  readonly path: string
  readonly body: string | Uint8Array
  readonly contentType: string
}

const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('grant_type', 'refresh_token', 'scope', 'token') },
  fc.constantFrom(
    'token_type_hint',
    'client_id',
    '__proto__',
    'constructor',
    'token[]',
    '',
    'TOKEN',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

const escapes = fc.constantFrom(
  '%',
  '%z',
  '%00',
  '%ff%fe',
  '%ed%a0%80',
  '+',
  '%2B',
  ';',
  '&&',
  '==',
)

/**
 * Forms for all routes that take them: pairs and bytes of every kind, none of which is good for
 * anything.
 * @param useless tokens, keys and the like, which are known and yet admit nobody
 */
export function forms(
  paths: readonly string[],
  useless: readonly string[],
): fc.Arbitrary<SentForm> {
  const values = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('refresh_token', 'password', 'users:read', ...useless),
    },
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .constantFrom(...useless)
      .chain((text) => fc.nat(text.length - 1).map((at) => text.slice(0, at) + text.slice(at + 1))),
    fc.nat(9000).map((length) => 'x'.repeat(length)),
  )
  const encoded = fc.oneof(
    values.map((value) => encodeURIComponent(value.toWellFormed())),
    escapes,
  )
  const pair = fc
    .tuple(names, encoded)
    .map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${value}`)
  const body = fc.oneof(
    { weight: 6, arbitrary: fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join('&')) },
    {
      weight: 2,
      arbitrary: encoded.map((value) => `grant_type=refresh_token&refresh_token=${value}`),
    },
    fc.array(fc.oneof(pair, escapes), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.uint8Array({ maxLength: 60 }),
    fc.json(),
  )
  const contentType = fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/x-www-form-urlencoded') },
    fc.constantFrom(
      'application/x-www-form-urlencoded; charset=utf-16',
      'Application/X-WWW-Form-URLEncoded ; a="b"',
      'application/x-www-form-urlencodedx',
      'multipart/form-data; boundary=x',
      'application/json',
      'text/plain',
      ';',
    ),
  )
  return fc.record({ path: fc.constantFrom(...paths), body, contentType })
}

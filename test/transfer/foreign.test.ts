import { readFileSync } from 'node:fs'
import { hashSync } from 'bcryptjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foreignRecords } from '../../infra/operator/from/foreign-records.ts'
import { systems } from '../../infra/operator/from/systems.ts'
import { stages } from '../../infra/stages.ts'
import { enrolled, shownCode } from '../api/authenticator.ts'
import { type Api, password, startApi } from '../api/harness.ts'
import { linkTo, withAddress } from '../api/mails.ts'
import { configured } from '../auth/support.ts'
import { dump, violations } from '../invariants.ts'
import { run, useProject, write } from './project.ts'

const secret = 'a password from elsewhere'
const bcrypt = hashSync(secret, 4)
const as = (prefix: string) => prefix + bcrypt.slice(4)
/** Other hashes of these systems, in their own forms. */
const pbkdf2 = 'pbkdf2_sha256$1000000$c2FsdA$b0p1Qk1oY2xhc3M='
const scrypt =
  'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='

/** A file in the documented form of each system. */
const files: Readonly<Record<string, readonly (object | string)[]>> = {
  auth0: [
    {
      _id: { $oid: '5dea9f9c82dd7c0e76e4ec93' },
      email_verified: true,
      email: 'auth0-ann@example.com',
      passwordHash: as('$2b$'),
      password_set_date: { $date: '2019-12-06T18:36:12.412Z' },
      tenant: 'example',
      connection: 'Username-Password-Authentication',
      _tmp_is_unique: true,
    },
    {
      _id: { $oid: '5dea9f9c82dd7c0e76e4ec94' },
      passwordHash: as('$2a$'),
      tenant: 'example',
      connection: 'Username-Password-Authentication',
      identifiers: [
        { type: 'email', value: 'auth0-bob@example.com', verified: false },
        { type: 'username', value: 'auth0-bob' },
      ],
    },
    {
      user_id: 'auth0|6',
      email: 'auth0-cyd@example.com',
      email_verified: true,
      blocked: true,
      custom_password_hash: { algorithm: 'pbkdf2', hash: { value: '$pbkdf2-sha512$i=100000$x' } },
      mfa_factors: [{ totp: { secret: '2PRXZWZAYYDAWCD' } }],
    },
  ],
  supabase: [
    'id,email,encrypted_password,email_confirmed_at,phone,created_at,banned_until,deleted_at,is_anonymous,factors',
    `7f4e…,supabase-ann@example.com,${as('$2a$')},2024-01-02 03:04:05.678+00,,2024-01-02 03:04:05.678+00,,,f,0`,
    `7f4f…,"supabase-bob@example.com",${as('$2a$')},,,2024-01-02 03:04:05.678+00,,,f,0`,
    '7f50…,supabase-cyd@example.com,,2024-01-02 03:04:05.678+00,,2024-01-02 03:04:05.678+00,,,f,1',
    '7f51…,supabase-dan@example.com,,,,2024-01-02 03:04:05.678+00,,2024-03-01 00:00:00+00,f,0',
  ],
  firebase: [
    {
      users: [
        {
          localId: 'ZAbhR5vgTqYAAAAAAAAAAAAAAAA1',
          email: 'firebase-ann@example.com',
          emailVerified: true,
          passwordHash: Buffer.from(as('$2b$')).toString('base64'),
          salt: '',
          lastSignedInAt: '1704164645678',
          createdAt: '1704164645678',
          providerUserInfo: [],
        },
        {
          localId: 'ZAbhR5vgTqYAAAAAAAAAAAAAAAA2',
          email: 'firebase-bob@example.com',
          emailVerified: false,
          passwordHash: scrypt,
          salt: '42xEC+ixf3L2lw==',
          createdAt: '1704164645678',
        },
        {
          localId: 'ZAbhR5vgTqYAAAAAAAAAAAAAAAA3',
          email: 'firebase-cyd@example.com',
          emailVerified: true,
          disabled: true,
          mfaInfo: [{ phoneInfo: '+15555550100', mfaEnrollmentId: 'x' }],
        },
        { localId: 'ZAbhR5vgTqYAAAAAAAAAAAAAAAA4', phoneNumber: '+15555550101' },
      ],
    },
  ],
  cognito: [
    {
      Users: [
        {
          Username: 'cognito-ann',
          Attributes: [
            { Name: 'sub', Value: '11111111-2222-3333-4444-555555555555' },
            { Name: 'email_verified', Value: 'true' },
            { Name: 'email', Value: 'cognito-ann@example.com' },
          ],
          UserCreateDate: '2024-01-02T03:04:05.678000+00:00',
          UserLastModifiedDate: '2024-01-02T03:04:05.678000+00:00',
          Enabled: true,
          UserStatus: 'CONFIRMED',
        },
        {
          Username: '21111111-2222-3333-4444-555555555555',
          Attributes: [
            { Name: 'email_verified', Value: 'false' },
            { Name: 'email', Value: 'cognito-bob@example.com' },
          ],
          UserCreateDate: 1704164645.678,
          Enabled: false,
          UserStatus: 'FORCE_CHANGE_PASSWORD',
          UserMFASettingList: [],
        },
        {
          Username: 'cognito-cyd',
          Attributes: [{ Name: 'email', Value: 'cognito-cyd@example.com' }],
          Enabled: true,
          UserStatus: 'CONFIRMED',
          PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
          UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
        },
      ],
    },
  ],
  keycloak: [
    JSON.stringify(
      {
        realm: 'example',
        users: [
          {
            id: '31111111-2222-3333-4444-555555555555',
            username: 'keycloak-ann',
            email: 'keycloak-ann@example.com',
            emailVerified: true,
            enabled: true,
            createdTimestamp: 1704164645678,
            totp: false,
            credentials: [
              {
                type: 'password',
                secretData: JSON.stringify({ value: as('$2y$'), salt: '' }),
                credentialData: JSON.stringify({ hashIterations: -1, algorithm: 'bcrypt' }),
              },
            ],
            requiredActions: [],
          },
          {
            username: 'keycloak-bob',
            email: 'keycloak-bob@example.com',
            emailVerified: false,
            enabled: false,
            credentials: [
              {
                type: 'password',
                secretData: JSON.stringify({ value: 'ZGlnZXN0', salt: 'c2FsdA==' }),
                credentialData: JSON.stringify({ hashIterations: 5, algorithm: 'argon2' }),
              },
            ],
          },
          {
            username: 'keycloak-cyd',
            enabled: true,
            totp: true,
            credentials: [
              {
                type: 'otp',
                secretData: JSON.stringify({ value: 'secret' }),
                credentialData: JSON.stringify({ subType: 'totp', digits: 6, period: 30 }),
              },
            ],
          },
          { username: 'service-account-x', enabled: true, serviceAccountClientId: 'x' },
        ],
      },
      null,
      2,
    ),
  ],
  django: [
    JSON.stringify([
      django(1, { username: 'django-ann', password: `bcrypt$${as('$2b$')}` }),
      django(2, { username: 'django-bob', password: pbkdf2, is_active: false }),
      django(3, { username: 'django cýd', password: `bcrypt_sha256$${as('$2b$')}` }),
      django(4, { username: 'django-dan', password: '!unusable', is_superuser: true, email: '' }),
      {
        model: 'account.emailaddress',
        pk: 1,
        fields: { user: 1, email: 'Django-ann@example.com', verified: true, primary: true },
      },
      {
        model: 'otp_totp.totpdevice',
        pk: 1,
        fields: { user: 3, name: 'default', confirmed: true, key: 'ab', step: 30 },
      },
    ]),
  ],
  htpasswd: [
    '# comment',
    `htpasswd-ann:${as('$2y$')}`,
    'htpasswd-bob:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/',
    'x:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  ],
}

function django(pk: number, fields: Readonly<Record<string, unknown>>) {
  const name = String(fields.username).replace(/\W+/g, '-')
  const common = { last_login: null, is_superuser: false, first_name: '', last_name: '' }
  const more = { is_staff: false, is_active: true, date_joined: '2024-01-02T03:04:05.678Z' }
  const email = `${name}@example.com`
  const lists = { groups: [], user_permissions: [] }
  return { model: 'auth.user', pk, fields: { ...common, ...more, ...lists, email, ...fields } }
}

const reset = 'is imported without a password: the user can set one by mail'
const adminSets =
  'is imported without a password: an admin must set one, because no address is verified'
const ofDisabled =
  'is imported without a password: an admin must set one, because the user is disabled'
const other = 'has a password hash that is not bcrypt, and'
const none = 'has no password there, and'
const without = 'is imported without the second factor'
const factorLost =
  'has a second factor, which cannot be imported: use --without-factors to import the user without it'

/** What becomes of each user, and what is said, without and with the flag. */
const said: Readonly<Record<string, { first: string[]; flagged: string[] }>> = {
  auth0: {
    first: [
      'auth0-ann@example.com: created',
      'auth0-bob: created',
      'auth0-cyd@example.com: refused',
      factorLost,
    ],
    flagged: [
      'auth0-ann@example.com: kept',
      'auth0-bob: kept',
      'auth0-cyd@example.com: created',
      without,
      `${other} ${ofDisabled}`,
    ],
  },
  supabase: {
    first: [
      'supabase-ann@example.com: created',
      'supabase-bob@example.com: created',
      'supabase-cyd@example.com: refused',
      factorLost,
      'supabase-dan@example.com: refused',
      'was deleted there',
    ],
    flagged: [
      'supabase-ann@example.com: kept',
      'supabase-bob@example.com: kept',
      'supabase-cyd@example.com: created',
      without,
      `${none} ${reset}`,
      'supabase-dan@example.com: refused',
      'was deleted there',
    ],
  },
  firebase: {
    first: [
      'firebase-ann@example.com: created',
      'firebase-bob@example.com: created',
      `${other} ${adminSets}`,
      'firebase-cyd@example.com: refused',
      factorLost,
      'somebody without a name: refused',
      'has neither a name nor an address',
    ],
    flagged: [
      'firebase-ann@example.com: kept',
      'firebase-bob@example.com: kept',
      'firebase-cyd@example.com: created',
      without,
      `${none} ${ofDisabled}`,
      'somebody without a name: refused',
      'has neither a name nor an address',
    ],
  },
  cognito: {
    first: [
      'cognito-ann: created',
      `${none} ${reset}`,
      'cognito-bob@example.com: created',
      `${none} ${adminSets}`,
      'cognito-cyd: refused',
      factorLost,
    ],
    flagged: [
      'cognito-ann: kept',
      'cognito-bob@example.com: kept',
      'cognito-cyd: created',
      without,
      `${none} ${adminSets}`,
    ],
  },
  keycloak: {
    first: [
      'keycloak-ann: created',
      'keycloak-bob: created',
      `${other} ${adminSets}`,
      'keycloak-cyd: refused',
      factorLost,
      'service-account-x: refused',
      'is the account of a service',
    ],
    flagged: [
      'keycloak-ann: kept',
      'keycloak-bob: kept',
      'keycloak-cyd: created',
      without,
      `${none} ${adminSets}`,
      'service-account-x: refused',
      'is the account of a service',
    ],
  },
  django: {
    first: [
      'django-ann: created',
      'django-bob: created',
      `${other} ${adminSets}`,
      'django cýd: refused',
      factorLost,
      'django-dan: created',
      `${none} ${adminSets}`,
      'was a superuser there, and is a member here: `npm run admin -- set-role`',
    ],
    flagged: [
      'django-ann: kept',
      'django-bob: kept',
      'django cýd: created',
      'is imported as django-cyd',
      without,
      `${other} ${adminSets}`,
      'django-dan: kept',
    ],
  },
  htpasswd: {
    first: [
      'htpasswd-ann: created',
      'htpasswd-bob: created',
      `${other} ${adminSets}`,
      'x: refused',
      'has a name that cannot be made into a username',
    ],
    flagged: [
      'htpasswd-ann: kept',
      'htpasswd-bob: kept',
      'x: refused',
      'has a name that cannot be made into a username',
    ],
  },
}

useProject()
let api: Api
let elsewhere: Api
beforeAll(async () => {
  api = await startApi({ assembly: configured({ BCRYPT_COST: '4' }) })
  elsewhere = await startApi({ assembly: configured({ BCRYPT_COST: '4' }) })
})
afterAll(async () => {
  await api?.stop()
  await elsewhere?.stop()
})

const login = (body: object, where = api) => where.call('POST /api/v1/auth/login', { body })

describe.each(Object.keys(systems))('an export of %s', (system) => {
  const lines = () =>
    (files[system] ?? []).map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  const understood = () => systems[system]?.(`${lines().join('\n')}\n`) ?? { users: [], notes: [] }

  /** Imports it as the command does. */
  async function imported(withoutFactors: boolean): Promise<string[]> {
    const all = foreignRecords(understood().users, stages.local, { withoutFactors })
    const records = all.map(({ record }) => record).filter((record) => record !== undefined)
    const batch = { command: 'import-batch', resource: 'users', records }
    const { outcomes } = (await api.runner.invoke('admin', batch)) as { outcomes: string[] }
    const of = [...outcomes]
    return all.flatMap(({ who, record, notes }) => {
      const outcome = record ? of.shift() : 'refused'
      return [`${who}: ${outcome}`, ...(outcome === 'kept' ? [] : notes)]
    })
  }

  test('comes in, with all that is other than it was told', async () => {
    const { first = [], flagged = [] } = said[system] ?? {}
    expect(await imported(false)).toEqual(first)
    expect(await imported(true)).toEqual(flagged)
    expect(violations(await dump(api.runner))).toEqual([])
  })

  test('keeps passwords of bcrypt and addresses that were verified, and nothing else', async () => {
    const username = ['auth0', 'supabase', 'firebase'].includes(system)
      ? `${system}-ann@example.com`
      : `${system}-ann`
    const { users = [], credentials = [] } = await dump(api.runner)
    const [ann] = users.filter((user) => user.username === username)
    const verified = system !== 'htpasswd'
    expect(ann).toMatchObject({
      ...{ username, role: 'member', disabled: false },
      ...(verified && { email: `${system}-ann@example.com`, emailVerified: true }),
    })
    const status = system === 'cognito' ? 401 : 200
    expect((await login({ username, password: secret })).status).toBe(status)
    if (verified) {
      const email = `${system.toUpperCase()}-ann@example.com`
      expect((await login({ email, password: secret })).status).toBe(status)
    }
    const bob = users.find(({ username: name }) => String(name).startsWith(`${system}-bob`))
    expect(bob?.emailVerified ?? false).toBe(false)
    for (const { factor, hash } of credentials.filter(({ userId }) => userId === bob?.id)) {
      expect(factor).toBeUndefined()
      expect(String(hash)).toMatch(/^\$2b\$04\$/)
    }
    expect(bob?.disabled).toBe(['cognito', 'keycloak', 'django'].includes(system))
  })

  test('says whether it tells of second factors', () => {
    const { notes } = understood()
    expect(notes).toEqual([])
    const [first = ''] = lines()
    // The lines without what told of second factors.
    const silent = lines().map((line) =>
      line
        .replaceAll(/mfa_factors|mfaInfo|UserMFASettingList|otp_totp\.\w+/g, 'other')
        .replace(/,factors$/, ',other'),
    )
    const told = systems[system]?.(`${silent.join('\n')}\n`).notes
    const tells = !['keycloak', 'htpasswd'].includes(system)
    expect(told?.length, first).toBe(tells ? 1 : 0)
  })
})

test('the command tells all that', async () => {
  const file = write('django.json', [
    JSON.stringify([
      django(1, { username: 'told ann', password: pbkdf2 }),
      django(2, { username: 'told-bob', password: `bcrypt$${as('$2b$')}` }),
      { model: 'otp_totp.totpdevice', pk: 1, fields: { user: 2, confirmed: true } },
    ]),
  ])
  const told = `user 1 ("told ann"): is imported as told-ann; ${other} ${adminSets}`
  expect(await run(api, 'import', '--from', 'django', file)).toEqual({
    status: 1,
    said: `user 2 ("told-bob"): ${factorLost}\n${told}\n1 created, 0 kept, 1 refused\n`,
  })
  expect(await run(api, 'import', '--from', 'django', file, '--without-factors')).toEqual({
    status: 0,
    said: 'user 2 ("told-bob"): is imported without the second factor\n1 created, 1 kept, 0 refused\n',
  })
})

test('Django names users by their keys or, with --natural-foreign, by what they sign in with', () => {
  const dumped = (refer: (pk: number, name: string) => unknown) =>
    systems.django?.(
      JSON.stringify([
        django(1, { username: 'ann', password: pbkdf2, email: 'a@b.org' }),
        // The name of one is the key of another.
        django(2, { username: '1', password: pbkdf2, email: 'a@b.org' }),
        { model: 'account.emailaddress', fields: { user: refer(1, 'ann'), ...address } },
        { model: 'otp_totp.totpdevice', fields: { user: refer(1, 'ann'), confirmed: true } },
        { model: 'otp_static.staticdevice', fields: { user: refer(1, 'ann'), confirmed: true } },
      ]),
    )
  const address = { email: 'A@b.org', verified: true }
  for (const refer of [(pk: number) => pk, (_: number, name: string) => [name]]) {
    const { users = [], notes } = dumped(refer) ?? {}
    expect(users.map(({ factor, emailVerified }) => [factor, emailVerified])).toEqual([
      [true, true],
      [false, false],
    ])
    expect(notes).toEqual([])
  }
  expect(dumped(() => 3)?.notes).toEqual([expect.stringContaining('of none of its users')])
})

test('a row of CSV ends with CR, LF or both, and one that is not CSV is named', () => {
  const names = (text: string) => systems.auth0?.(text).users.map(({ name }) => name)
  expect(names('username,x\rann,"1\r2"\rbob,3\r\ncyd,4\ndan,')).toEqual([
    'ann',
    'bob',
    'cyd',
    'dan',
  ])
  for (const field of ['"unclosed', '"a" b', '"a"b"'])
    expect(() => names(`username,x\nann,1\nbob,${field}\ncyd,2\n`)).toThrow('row 3 is not CSV')
})

test('a row of CSV that is longer or shorter than the header is named', () => {
  for (const row of ['bob', 'bob,2,3'])
    expect(() => systems.auth0?.(`username,x\nann,1\n\n${row}\n`)).toThrow(
      'row 4 does not have as many fields as the first',
    )
})

test('CSV of Firebase is refused: a name could forge the row of another user', () => {
  const row = `id,a@b.org,true,${bcrypt}${','.repeat(20)}1704164645678,,,false,,`
  expect(() => systems.firebase?.(`${row}\n`)).toThrow('is not JSON')
})

test('CSV of Auth0 has a quote before each text, and JSON has none', () => {
  const csv = `"'email","'email_verified","'username"\n"'ada@b.org",true,"''quoted"\n`
  const [ada] = systems.auth0?.(csv).users ?? []
  expect(ada).toMatchObject({ email: 'ada@b.org', emailVerified: true, name: "'quoted" })
  const [bob] = systems.auth0?.(JSON.stringify([{ username: "'bob" }])).users ?? []
  expect(bob?.name).toBe("'bob")
})

test('a column of CSV tells of second factors by anything but nothing', () => {
  const nothing = ['', '[]']
  const told = (system: string, column: string, cells: readonly string[]) => {
    const rows = cells.map((cell) => `a@b.org,${cell}\n`)
    const { users = [] } = systems[system]?.(`email,${column}\n${rows.join('')}`) ?? {}
    return users.map(({ factor }) => factor)
  }
  const some = ['2', 't', '"[{""status"":""verified""}]"']
  expect(told('auth0', 'multifactor', [...nothing, 'guardian'])).toEqual([false, false, true])
  expect(told('supabase', 'factors', ['0', 'f', ...nothing])).toEqual([false, false, false, false])
  expect(told('supabase', 'factors', some)).toEqual([true, true, true])
})

test('all pages of answers of Supabase count', () => {
  const pages = [{ users: [{ email: 'a@b.org' }] }, { users: [{ email: 'c@b.org' }] }]
  const lines = pages.map((page) => JSON.stringify(page)).join('\n')
  for (const text of [lines, JSON.stringify(pages)]) {
    const { users = [] } = systems.supabase?.(text) ?? {}
    expect(users.map(({ email }) => email)).toEqual(['a@b.org', 'c@b.org'])
  }
})

test('a ban in Supabase without an end lasts, and one that is over does not', () => {
  const until = ['infinity', '9999-12-31 00:00:00+00', '2024-01-02 03:04:05.678+00', '', null]
  const rows = until.map((banned_until) => ({ email: 'a@b.org', banned_until }))
  const { users = [] } = systems.supabase?.(JSON.stringify(rows)) ?? {}
  expect(users.map(({ disabled }) => disabled)).toEqual([true, true, false, false, false])
})

test('earlier passwords in Keycloak are no second factors', () => {
  const types = ['password', 'password-history', 'webauthn']
  const people = types.map((type) => ({ username: type, credentials: [{ type }] }))
  const { users = [] } = systems.keycloak?.(JSON.stringify({ users: people })) ?? {}
  expect(users.map(({ factor }) => factor)).toEqual([false, false, true])
})

test('nobody is told of mails where the stage sends none', () => {
  const users = [{ where: 'user 1', email: 'a@b.org', emailVerified: true }]
  const told = (mailFrom: string) =>
    foreignRecords(users, { mailFrom }, { withoutFactors: false }).flatMap(({ notes }) => notes)
  expect(told('no-reply@b.org')).toEqual([`${none} ${reset}`])
  const byAdmin =
    'is imported without a password: an admin must set one, because the stage sends no mail'
  expect(told('')).toEqual([`${none} ${byAdmin}`])
})

test('a user who came without a password resets it by mail; an admin helps one without an address', async () => {
  const email = 'cognito-ann@example.com'
  await api.call('POST /api/v1/auth/password/forgot', { body: { email } })
  const token = (await linkTo(api, email, /new password/)).get('token')
  const body = { token, newPassword: 'chosen after the import' }
  expect((await api.call('POST /api/v1/auth/password/reset', { body })).status).toBe(204)
  expect((await login({ email, password: body.newPassword })).status).toBe(200)
  const { users = [] } = await dump(api.runner)
  const bob = users.find(({ username }) => username === 'htpasswd-bob')
  const set = await api.call(`POST /api/v1/users/${bob?.id}/password`, {
    token: api.admin.token,
    body: { newPassword: body.newPassword },
  })
  expect(set.status).toBe(204)
})

test('names that would be the same are told, and so is a file that is not what it should be', async () => {
  const lines = [`twin one:${bcrypt}`, `twin?one:${bcrypt}`, `\u001b[2Jx:${bcrypt}`]
  expect(await run(api, 'import', '--from', 'htpasswd', write('twins', lines))).toEqual({
    status: 1,
    said: [
      'line 2 ("twin?one"): would get the username twin-one, which another user in the file has',
      'line 1 ("twin one"): is imported as twin-one',
      'line 3 ("\\u001b[2Jx"): is imported as -2Jx',
      '2 created, 0 kept, 1 refused\n',
    ].join('\n'),
  })
  const outcome = await run(api, 'import', '--from', 'okta', write('wrong', ['']))
  const known = Object.keys(systems).join(', ')
  expect(outcome).toEqual({ status: 1, said: `unknown system okta: use one of ${known}\n` })
  expect(() => systems.django?.('nothing')).toThrow('line 1: is not JSON')
  expect(systems.keycloak?.('{}').users).toEqual([])
})

test('an address that somebody has already is refused', async () => {
  const record = {
    item: { username: 'another-ann', email: 'Auth0-Ann@example.com', emailVerified: true },
    withoutPassword: true,
  }
  const batch = { command: 'import-batch', resource: 'users', records: [record] }
  const faults = [{ pointer: '/item/email', detail: 'is already taken' }]
  expect(await api.runner.invoke('admin', batch)).toEqual({ outcomes: [{ faults }] })
})

describe('second factors go from one stack to another', () => {
  test('with their secrets, where these were asked for', async () => {
    const owner = await withAddress(api)
    const { username } = owner
    const { secret, recoveryCodes } = await enrolled(api, owner.token)
    const used = shownCode(api, secret, -1)
    const out = write('x', []).replace(/x$/, 'secrets.jsonl')
    expect((await run(api, 'export', '--out', out, '--with-secrets')).status).toBe(0)
    expect(api.logs.join('\n')).toContain('"event":"factors_exported"')
    expect(api.logs.join('\n')).not.toContain(secret)
    await run(elsewhere, 'import', out)
    expect(violations(await dump(elsewhere.runner))).toEqual([])
    const first = await login({ username, password }, elsewhere)
    expect(first.body.code).toBe('second_factor_required')
    const finish = (proof: object) =>
      elsewhere.call('POST /api/v1/auth/login/factor', {
        body: { challenge: first.body.challenge, ...proof },
      })
    // HMACs under a key that is not here.
    expect((await finish({ recoveryCode: recoveryCodes[0] })).status).toBe(401)
    // The step that confirmed it was exported too.
    expect((await finish({ code: used })).status).toBe(401)
    elsewhere.runner.clock.advance(60_000)
    expect((await finish({ code: shownCode(elsewhere, secret) })).status).toBe(200)
    // Whoever is there already stays as they are.
    const before = await dump(elsewhere.runner)
    const { said } = await run(elsewhere, 'import', out)
    expect(said).toMatch(/^0 created, [1-9]\d* kept, /m)
    expect(said).not.toMatch(/factors/)
    expect(await dump(elsewhere.runner)).toEqual(before)
  })

  test('without them as something that is owed', async () => {
    const owner = await withAddress(api)
    const { username, email } = owner
    const { secret, recoveryCodes } = await enrolled(api, owner.token)
    const out = write('x', []).replace(/x$/, 'plain.jsonl')
    await run(api, 'export', '--out', out)
    expect(readFileSync(out, 'utf8')).not.toContain(secret)
    await run(elsewhere, 'import', out)
    const first = await login({ email, password }, elsewhere)
    for (const proof of [{ code: shownCode(api, secret) }, { recoveryCode: recoveryCodes[0] }]) {
      const body = { challenge: first.body.challenge, ...proof }
      const answer = await elsewhere.call('POST /api/v1/auth/login/factor', { body })
      expect([answer.status, answer.body.code]).toEqual([401, 'invalid_code'])
    }
    await elsewhere.runner.invoke('admin', { command: 'reset-factors', username })
    expect((await login({ email, password }, elsewhere)).status).toBe(200)
    // Into the same stack the recovery codes come back.
    await api.call('DELETE /api/v1/users/me', { token: owner.token })
    await run(api, 'import', out)
    const back = await login({ username, password })
    const body = { challenge: back.body.challenge, recoveryCode: recoveryCodes[0] }
    expect((await api.call('POST /api/v1/auth/login/factor', { body })).status).toBe(200)
  })
})

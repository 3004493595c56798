import * as z from 'zod'
import { maxFactors } from '../accounts/limits.ts'
import { id, time } from '../model/fields.ts'
import { once } from '../model/memoized.ts'
import { authenticatorCode, exactlyOne, proofFields } from '../model/proof-fields.ts'
import { basePath, type Route } from '../model/route.ts'
import { presentPassword } from './shared-fields.ts'

const common = { lambda: 'factors', tag: 'auth', access: 'account' } as const

const recoveryCodes = once(() =>
  z
    .strictObject({
      recoveryCodes: z
        .array(z.string())
        .meta({ maxItems: 10 })
        .describe('Shown only once; each can be used once instead of a code.'),
    })
    .meta({ id: 'RecoveryCodes' }),
)

export const listFactors = {
  ...common,
  operationId: 'listFactors',
  method: 'GET',
  path: `${basePath}/auth/factors`,
  summary: `List your second factors, newest first; a user has at most ${maxFactors}`,
  response: {
    status: 200,
    description: 'The factors',
    body: once(() =>
      z
        .strictObject({
          items: z
            .array(factor())
            .meta({ maxItems: maxFactors })
            .describe('All factors, including those that are not confirmed yet.'),
          recoveryCodesLeft: z.int().describe('How many recovery codes have not been used.'),
        })
        .meta({ id: 'Factors' }),
    ),
  },
} as const satisfies Route

const factorId = () => id().describe('The id of the factor, used in its paths.')

const factor = () =>
  z
    .strictObject({
      id: factorId(),
      kind: z.literal('totp').describe('An authenticator app (RFC 6238).'),
      confirmed: z.boolean().describe('Only a confirmed factor counts.'),
      createdAt: time().describe('When it was added; confirmation comes later.'),
      lastUsedAt: time()
        .optional()
        .describe('When one of its codes was last accepted; absent before the first.'),
    })
    .meta({ id: 'Factor' })

export const addTotp = {
  ...common,
  operationId: 'createTotpFactor',
  method: 'POST',
  path: `${basePath}/auth/factors/totp`,
  fresh: true,
  summary: 'Add an authenticator app (RFC 6238); confirm it within 10 minutes with its first code',
  response: {
    status: 201,
    description: 'The secret, which is shown only once',
    body: once(() =>
      z
        .strictObject({
          id: factorId(),
          secret: z.string().describe('160 bits in base32, to be typed into the app.'),
          uri: z.string().describe('The secret as `otpauth://`, for a QR code.'),
        })
        .meta({ id: 'TotpFactor' }),
    ),
    headers: ['Location'],
  },
  errors: ['limit_reached'],
} as const satisfies Route

export const confirmFactor = {
  ...common,
  operationId: 'confirmFactor',
  method: 'POST',
  path: `${basePath}/auth/factors/{factorId}/confirm`,
  params: () => ({ factorId: z.string() }),
  fresh: true,
  summary:
    'Confirm a second factor with one of its codes; the first factor ends your other sessions and all API keys',
  body: once(() => z.strictObject({ code: authenticatorCode() }).meta({ id: 'ConfirmFactor' })),
  response: {
    status: 200,
    description: 'New recovery codes; the previous ones are void',
    body: recoveryCodes,
  },
  errors: ['invalid_code', 'too_many_requests'],
} as const satisfies Route

export const renewRecoveryCodes = {
  ...common,
  operationId: 'createRecoveryCodes',
  method: 'POST',
  path: `${basePath}/auth/factors/recovery`,
  fresh: true,
  summary: 'Replace your recovery codes with new ones',
  response: {
    status: 200,
    description: 'New recovery codes; the previous ones are void',
    body: recoveryCodes,
  },
  errors: ['not_found'],
} as const satisfies Route

export const removeFactor = {
  ...common,
  operationId: 'deleteFactor',
  method: 'DELETE',
  path: `${basePath}/auth/factors/{factorId}`,
  params: () => ({ factorId: z.string() }),
  fresh: true,
  summary: 'Remove a second factor; removing the last one also removes the recovery codes',
  response: { status: 204, description: 'The factor is removed' },
  errors: ['not_found'],
} as const satisfies Route

export const reauthenticate = {
  ...common,
  operationId: 'reauthenticate',
  method: 'POST',
  path: `${basePath}/auth/reauthenticate`,
  hashes: true,
  summary:
    'Reauthenticate with your second factor or, if you have none, your password; the session is fresh for 10 minutes',
  body: once(() => {
    const one = exactlyOne('password', 'code', 'recoveryCode')
    return z
      .strictObject({
        password: presentPassword().optional(),
        ...proofFields(),
      })
      .check(one.check)
      .meta({ id: 'Reauthenticate', ...one.documented })
  }),
  response: { status: 204, description: 'The session is fresh' },
  errors: ['wrong_password', 'second_factor_required', 'invalid_code', 'too_many_requests'],
} as const satisfies Route

export const factorRoutes: readonly Route[] = [
  listFactors,
  addTotp,
  confirmFactor,
  renewRecoveryCodes,
  removeFactor,
  reauthenticate,
]

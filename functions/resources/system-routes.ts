import * as z from 'zod'
import { basePath, type Route } from '../http/route.ts'

const common = { lambda: 'system', method: 'GET', tag: 'system', access: 'public' } as const
const anyObject = z.record(z.string(), z.unknown())

export const home = {
  ...common,
  operationId: 'home',
  path: basePath,
  summary: 'Name, version and links to everything, with the scope that each needs',
  answer: { status: 200, description: 'The links', body: anyObject },
} as const satisfies Route

export const publicPage = {
  ...common,
  operationId: 'publicPage',
  path: `${basePath}/public`,
  summary: 'A page for everybody',
  answer: {
    status: 200,
    description: 'A greeting',
    body: z.strictObject({ message: z.string() }),
  },
} as const satisfies Route

export const privatePage = {
  ...common,
  operationId: 'privatePage',
  path: `${basePath}/private`,
  access: 'authenticated',
  summary: 'A page for who is signed in',
  answer: {
    status: 200,
    description: 'A greeting and the caller',
    body: z.strictObject({
      message: z.string(),
      user: z.strictObject({ id: z.string(), username: z.string() }),
    }),
  },
} as const satisfies Route

export const health = {
  ...common,
  operationId: 'health',
  path: `${basePath}/health`,
  summary: 'Whether the API answers',
  answer: {
    status: 200,
    description: 'It does',
    body: z.strictObject({ status: z.literal('ok') }),
  },
} as const satisfies Route

export const jwks = {
  ...common,
  operationId: 'jwks',
  path: '/.well-known/jwks.json',
  summary: 'The public keys of access tokens (RFC 7517)',
  answer: {
    status: 200,
    description: 'A JWK Set',
    body: z.strictObject({ keys: z.array(anyObject) }),
  },
} as const satisfies Route

export const discovery = {
  ...common,
  operationId: 'discovery',
  path: '/.well-known/openid-configuration',
  summary: 'What a verifier of access tokens needs to know (RFC 8414)',
  answer: { status: 200, description: 'The metadata', body: anyObject },
} as const satisfies Route

export const systemRoutes: readonly Route[] = [
  home,
  publicPage,
  privatePage,
  health,
  jwks,
  discovery,
]

import { OAuth2Client, type OAuth2Token } from '@badgateway/oauth2-client'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { statusOf } from '../auth/support.ts'
import { type Api, useApi } from './harness.ts'

const api = useApi()
const clientId = 'portcullis'

/** What a library does with the tokens of somebody who has signed in; it knows the issuer alone. */
interface Library {
  /** @param asking the access token of whoever may introspect */
  open(
    issuer: string,
    asking: string,
  ): Promise<{
    refresh(refreshToken: string): Promise<{ access: string; refresh: string; scope?: string }>
    revoke(token: string): Promise<void>
    introspect(token: string): Promise<{ active: boolean; sub?: string | undefined }>
  }>
}

const libraries: Readonly<Record<string, Library>> = {
  'openid-client': {
    async open(issuer, asking) {
      const bearer: openid.ClientAuth = (_as, _client, _body, headers) =>
        headers.set('authorization', `Bearer ${asking}`)
      const discover = (auth: openid.ClientAuth) =>
        openid.discovery(new URL(issuer), clientId, undefined, auth, {
          algorithm: 'oauth2',
          execute: [openid.allowInsecureRequests],
        })
      const [config, introspecting] = [await discover(openid.None()), await discover(bearer)]
      return {
        async refresh(refreshToken) {
          const tokens = await openid.refreshTokenGrant(config, refreshToken)
          return { access: tokens.access_token, refresh: tokens.refresh_token ?? '' }
        },
        revoke: (token) => openid.tokenRevocation(config, token),
        introspect: (token) => openid.tokenIntrospection(introspecting, token),
      }
    },
  },
  oauth4webapi: {
    async open(address, asking) {
      const insecure = { [oauth.allowInsecureRequests]: true }
      const issuer = new URL(address)
      const options = { ...insecure, algorithm: 'oauth2' } as const
      const found = await oauth.discoveryRequest(issuer, options)
      const as = await oauth.processDiscoveryResponse(issuer, found)
      const client: oauth.Client = { client_id: clientId }
      const none = oauth.None()
      const bearer: oauth.ClientAuth = (_as, _client, _body, headers) =>
        headers.set('authorization', `Bearer ${asking}`)
      return {
        async refresh(refreshToken) {
          const answer = await oauth.refreshTokenGrantRequest(
            as,
            client,
            none,
            refreshToken,
            insecure,
          )
          const tokens = await oauth.processRefreshTokenResponse(as, client, answer)
          return { access: tokens.access_token, refresh: tokens.refresh_token ?? '' }
        },
        async revoke(token) {
          const answer = await oauth.revocationRequest(as, client, none, token, insecure)
          await oauth.processRevocationResponse(answer)
        },
        async introspect(token) {
          const answer = await oauth.introspectionRequest(as, client, bearer, token, insecure)
          return oauth.processIntrospectionResponse(as, client, answer)
        },
      }
    },
  },
  '@badgateway/oauth2-client': {
    async open(server, asking) {
      const authorized: typeof fetch = (url, init) => {
        const headers = new Headers(init?.headers)
        headers.set('authorization', `Bearer ${asking}`)
        return fetch(url, { ...init, headers })
      }
      const client = new OAuth2Client({ server, clientId })
      const introspecting = new OAuth2Client({ server, clientId, fetch: authorized })
      const held = (accessToken: string, refreshToken: string | null = null): OAuth2Token => ({
        accessToken,
        refreshToken,
        expiresAt: null,
      })
      return {
        async refresh(refreshToken) {
          const token = await client.refreshToken(held('', refreshToken))
          return { access: token.accessToken, refresh: token.refreshToken ?? '' }
        },
        revoke: (token) => client.revoke(held(token)),
        introspect: (token) => introspecting.introspect(held(token)),
      }
    },
  },
}

describe.each(Object.entries(libraries))('%s, from the metadata alone', (_, { open }) => {
  test('refreshes, introspects and revokes', async () => {
    const { origin } = api.runner
    const person = await api.signUp()
    const { refresh, introspect, revoke } = await open(origin, api.admin.token)
    const first = await refresh(person.refreshToken)
    expect(await me(api, first.access)).toBe(person.id)
    const second = await refresh(first.refresh)
    expect(await me(api, second.access)).toBe(person.id)
    expect(await introspect(second.access)).toMatchObject({ active: true, sub: person.id })
    await revoke(second.access)
    expect(await introspect(second.access)).toEqual({ active: false })
    expect(await statusOf(api, second.access)).toBe(401)
    await expect(refresh(second.refresh)).rejects.toThrow()
  })
})

async function me({ call }: Api, token: string): Promise<string> {
  return (await call('GET /api/v1/users/me', { token })).body.id
}

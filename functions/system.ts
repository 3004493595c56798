import type { APIGatewayProxyEvent } from 'aws-lambda'
import { readUsername } from './accounts/usernames.ts'
import { configuredAlgorithm, keySetSeconds } from './auth/keys/key-ring.ts'
import { issuerOfRequest } from './auth/tokens/issuer.ts'
import { version } from './config/version.static.ts'
import { serveOpenapi } from './docs/docs.ts'
import { bind } from './http/binding.ts'
import { corsHeaders, preflightHeaders } from './http/headers.ts'
import { pipeline } from './http/pipeline.ts'
import type { Principal } from './http/principal.ts'
import { ok, type Reply } from './http/replies.ts'
import { header, type Request } from './http/request.ts'
import { sendsMail } from './mail/outbox.ts'
import { Problem } from './model/problems.ts'
import { methodsOf } from './model/route.ts'
import { page } from './pages/pages.ts'
import { productName } from './resources/product.ts'
import { access, scopesOfRole } from './routes/access.static.ts'
import { links, mailRelations } from './routes/links.static.ts'
import * as routes from './routes/system-routes.ts'
import { readPublicKeys } from './store/public-keys.ts'

/** For keys and metadata: how long verifiers may keep them. A new key signs only after that. */
const kept = { 'Cache-Control': `public, max-age=${keySetSeconds}` }

/** The routes that belong to no resource, and whatever the gateway's catch-all methods bring. */
export const handler = pipeline(
  [
    bind(routes.home, home),
    bind(routes.publicPage, () => ok({ message: 'Hello, world!' })),
    bind(routes.privatePage, privatePage),
    bind(routes.health, () => ok({ status: 'ok' })),
    bind(routes.jwks, jwks),
    bind(routes.discovery, metadata),
    bind(routes.authorizationServer, metadata),
    bind(routes.openapi, serveOpenapi),
    bind(routes.docs, page('docs')),
    bind(routes.account, page('account')),
  ],
  notRouted,
)

function home({ root }: Request): Reply {
  const rooted = Object.entries(links)
    .filter(([relation]) => sendsMail() || !mailRelations.includes(relation))
    .map(([relation, link]) => [relation, { ...link, href: root + link.href }])
  return ok({ name: productName, version, _links: Object.fromEntries(rooted) })
}

async function privatePage({
  principal: { userId },
}: Request<unknown, unknown, Principal>): Promise<Reply> {
  const username = await readUsername(userId)
  if (username === undefined) throw new Problem('unauthorized')
  return ok({ message: 'This is the private page', user: { id: userId, username } })
}

async function jwks(): Promise<Reply> {
  const keys = configuredAlgorithm() === 'HS256' ? [] : await readPublicKeys()
  return ok({ keys: keys.map(({ jwk }) => jwk) }, kept)
}

function metadata({ gateway }: Request): Reply {
  const issuer = issuerOfRequest(gateway)
  const endpoint = (operation: string) => `${issuer}${links[operation]?.href}`
  return ok(
    {
      issuer,
      jwks_uri: endpoint('jwks'),
      token_endpoint: endpoint('token'),
      revocation_endpoint: endpoint('revoke'),
      introspection_endpoint: endpoint('introspect'),
      scopes_supported: scopesOfRole.admin,
      grant_types_supported: ['refresh_token'],
      response_types_supported: [],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
      id_token_signing_alg_values_supported: [configuredAlgorithm()],
      access_token_signing_alg_values_supported: [configuredAlgorithm()],
    },
    kept,
  )
}

/** An unknown path: 404. A known path with an unsupported method: the answer to a preflight, or 405. */
function notRouted(event: APIGatewayProxyEvent): Reply {
  const methods = access.filter(({ path }) => path === event.resource).flatMap(methodsOf)
  if (methods.length === 0) throw new Problem('not_found')
  const headers = { Allow: [...methods, 'OPTIONS'].join(', ') }
  if (event.httpMethod !== 'OPTIONS')
    throw new Problem('method_not_allowed', undefined, { headers })
  const cors = corsHeaders(event, header(event, 'Origin'))
  return { status: 204, headers: { ...headers, ...preflightHeaders(cors, methods) } }
}

import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import { vi } from 'vitest'
import { crud } from '../../functions/crud/crud.ts'
import type { Resource } from '../../functions/model/declaration.ts'
import type { Engine } from '../../infra/local/aws/engine.ts'
import { startStore } from '../store/engine.ts'

/** A store for functions whose log lines nobody reads: there is one for each request. */
export function startQuietStore(): Promise<Engine> {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  return startStore()
}

export async function stopQuietStore(engine: Engine | undefined): Promise<void> {
  vi.restoreAllMocks()
  await engine?.stop()
}

export interface Sent {
  readonly id?: string | undefined
  /** Of the path, beside the id. */
  readonly params?: Readonly<Record<string, string>>
  readonly body?: object | undefined
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Of a route of one's own, after the path of the item. */
  readonly route?: string
}

/** Calls the function of a resource in this process, as the gateway would for somebody signed in. */
export function client(
  resource: Resource,
  beside: object = {},
  { userId = 'one', scope = `${resource.name}:read ${resource.name}:write` } = {},
) {
  const handler = crud(resource, { routes: {}, ...beside })
  const authorizer = { userId, sessionId: 'session#one', role: 'member', scope, exp: '99999999999' }
  return async (method: string, sent: Sent = {}) => {
    const { id, body, query = {}, headers = {}, route = '' } = sent
    const params = { ...sent.params, ...(id !== undefined && { [resource.param]: id }) }
    const path = `/api/v1${id === undefined ? resource.collectionPath : resource.itemPath}${route}`
    const listed = (values: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]))
    const answer = await handler(
      {
        httpMethod: method,
        resource: path,
        path: path.replace(/{(\w+)}/g, (_, name) => params[name] ?? ''),
        pathParameters: params,
        queryStringParameters: query,
        multiValueHeaders: { 'Content-Type': ['application/json'], ...listed(headers) },
        multiValueQueryStringParameters: listed(query),
        body: body ? JSON.stringify(body) : null,
        isBase64Encoded: false,
        requestContext: { requestId: 'r', path, identity: { sourceIp: '::1' }, authorizer },
      } as unknown as APIGatewayProxyEvent,
      { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 } as Context,
    )
    const { statusCode: status, body: text } = answer
    return { status, text, body: text ? JSON.parse(text) : undefined }
  }
}

import { Failure, required } from '../failure.ts'
import { compilePolicy, type Policy } from './aws/iam.ts'
import type { ApiModel, AuthorizerModel, GatewayResponseModel, RouteModel } from './model.ts'
import { roleFinder } from './template-functions.ts'
import type { Reader } from './template-reader.ts'
import { readThrottles, type ThrottlesOf } from './template-throttles.ts'

type Json = Record<string, unknown>

/** The OpenAPI document of a REST API, with the extensions that are understood here. */
interface Definition {
  paths: Record<string, Record<string, Operation>>
  components?: { securitySchemes?: Record<string, SecurityScheme> }
  'x-amazon-apigateway-gateway-responses'?: Record<string, GatewayResponse>
  'x-amazon-apigateway-binary-media-types'?: string[]
  'x-amazon-apigateway-minimum-compression-size'?: number
}

interface Operation {
  security?: Record<string, unknown>[]
  'x-amazon-apigateway-integration'?: Json
}

interface SecurityScheme {
  name: string
  in: string
  'x-amazon-apigateway-authorizer'?: Json
}

interface GatewayResponse {
  statusCode?: string
  responseParameters?: Record<string, string>
  responseTemplates?: Record<string, string>
}

/** What an API may have beside its definition; none of it changes what the API answers. */
const understood = new Set([
  'Body',
  'Description',
  'DisableExecuteApiEndpoint',
  'EndpointAccessMode',
  'EndpointConfiguration',
  'Name',
  'SecurityPolicy',
  'Tags',
])

const extension = 'x-amazon-apigateway-'
const extensions = new Set(
  [
    'any-method',
    'authorizer',
    'authtype',
    'binary-media-types',
    'gateway-responses',
    'integration',
    'minimum-compression-size',
  ].map((name) => extension + name),
)

/** Whether the role of an integration or authorizer lets API Gateway invoke a function. */
type Permitted = (roleArn: unknown, functionArn: string) => boolean

/** Reads the one REST API of the template, if it has one. */
export function readApi(reader: Reader): ApiModel | undefined {
  const [api, another] = reader.all('AWS::ApiGateway::RestApi')
  if (api === undefined) return undefined
  if (another !== undefined) throw new Failure(`${another.id}: the runner serves one REST API`)
  for (const property of Object.keys(api.properties)) {
    if (!understood.has(property))
      throw new Failure(`${api.id}: ${property} is not understood here`)
  }
  const definition = required(api.properties.Body as Definition, `${api.id}: its Body`)
  checkExtensions(api.id, definition)
  const [stage, second] = reader.all('AWS::ApiGateway::Stage')
  if (stage === undefined) throw new Failure(`${api.id}: the REST API has no stage`)
  if (second !== undefined) throw new Failure(`${second.id}: the runner serves one stage`)
  if (stage.properties.CacheClusterEnabled === true) {
    throw new Failure(`${stage.id}: response caching is not understood here`)
  }
  const throttlesOf = readThrottles(stage)
  const log = stage.properties.AccessLogSetting as { Format?: string } | undefined
  const permitted = permissions(reader)
  const { components = {}, ...own } = definition
  return {
    id: reader.ref(api.id),
    stage: reader.ref(stage.id),
    stageVariables: (stage.properties.Variables ?? {}) as Record<string, string>,
    routes: Object.entries(own.paths).flatMap(([path, operations]) =>
      readRoutes(path, operations, throttlesOf, permitted),
    ),
    authorizers: Object.entries(components.securitySchemes ?? {}).map(([name, scheme]) =>
      readAuthorizer(name, scheme, permitted),
    ),
    gatewayResponses: Object.entries(own[`${extension}gateway-responses`] ?? {}).map(
      ([type, response]) => readGatewayResponse(type, response),
    ),
    binaryMediaTypes: own[`${extension}binary-media-types`] ?? [],
    minimumCompressionSize: own[`${extension}minimum-compression-size`],
    accessLogFormat: log?.Format,
  }
}

function checkExtensions(id: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, part] of Object.entries(value)) {
    if (name.startsWith(extension) && !extensions.has(name)) {
      throw new Failure(`${id}: ${name} is not understood here`)
    }
    checkExtensions(id, part)
  }
}

function permissions(reader: Reader): Permitted {
  const roleOf = roleFinder(reader)
  const policies = new Map<unknown, Policy | undefined>()
  const policyOf = (arn: unknown) => {
    const { id, assumedBy, statements } = roleOf(String(arn), 'the API')
    return assumedBy.includes('apigateway.amazonaws.com')
      ? compilePolicy(statements, id)
      : undefined
  }
  return (roleArn, functionArn) => {
    if (!policies.has(roleArn)) policies.set(roleArn, policyOf(roleArn))
    return policies.get(roleArn)?.decide('lambda:InvokeFunction', functionArn) === 'allowed'
  }
}

function readRoutes(
  path: string,
  operations: Record<string, Operation>,
  throttlesOf: ThrottlesOf,
  permitted: Permitted,
): RouteModel[] {
  // API Gateway answers these itself behind a custom domain.
  if (/^\/s?ping$/.test(path)) throw new Failure(`the path ${path} is reserved`)
  return Object.entries(operations).map(([name, operation]) => {
    const method = name === `${extension}any-method` ? 'ANY' : name.toUpperCase()
    const id = `${method} ${path}`
    const integration = operation[`${extension}integration`] ?? {}
    if (integration.type !== 'aws_proxy' || integration.credentials === undefined) {
      throw new Failure(`${id}: only Lambda proxy integrations with a role are understood here`)
    }
    const functionArn = functionOf(id, integration.uri)
    return {
      id,
      path,
      method,
      functionArn,
      permitted: permitted(integration.credentials, functionArn),
      authorizerId: Object.keys(operation.security?.[0] ?? {})[0],
      timeoutMs: Number(integration.timeoutInMillis ?? 29_000),
      throttles: throttlesOf(path, method),
    }
  })
}

/** `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/<function ARN>/invocations` */
function functionOf(id: string, uri: unknown): string {
  const [, arn] = /\/functions\/(.+)\/invocations$/.exec(String(uri)) ?? []
  return required(arn, `${id}: the function of ${String(uri)}`)
}

function readAuthorizer(id: string, scheme: SecurityScheme, permitted: Permitted): AuthorizerModel {
  const p = scheme[`${extension}authorizer`]
  if (p?.type !== 'token' || scheme.in !== 'header') {
    throw new Failure(`${id}: only token authorizers are understood here`)
  }
  const functionArn = functionOf(id, p.authorizerUri)
  return {
    id,
    functionArn,
    permitted: permitted(p.authorizerCredentials, functionArn),
    header: scheme.name.toLowerCase(),
    validation: p.identityValidationExpression as string | undefined,
    ttlSeconds: Number(p.authorizerResultTtlInSeconds ?? 300),
  }
}

function readGatewayResponse(type: string, response: GatewayResponse): GatewayResponseModel {
  const { statusCode, responseParameters = {}, responseTemplates = {} } = response
  const prefix = 'gatewayresponse.header.'
  const headers = Object.entries(responseParameters)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, mapping]) => [name.slice(prefix.length), mapping])
  return {
    type,
    statusCode: statusCode === undefined ? undefined : Number(statusCode),
    headers: Object.fromEntries(headers),
    templates: responseTemplates,
  }
}

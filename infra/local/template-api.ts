import { Failure, required } from './failure.ts'
import type {
  ApiModel,
  AuthorizerModel,
  GatewayResponseModel,
  RouteModel,
  Throttle,
} from './model.ts'
import type { Entry, Reader } from './template-reader.ts'

interface MethodSetting {
  HttpMethod: string
  ResourcePath: string
  ThrottlingRateLimit?: number
  ThrottlingBurstLimit?: number
}

/** Reads the one REST API of the template, if it has one. */
export function readApi(reader: Reader): ApiModel | undefined {
  const [api, another] = reader.all('AWS::ApiGateway::RestApi')
  if (api === undefined) return undefined
  if (another !== undefined) throw new Failure(`${another.id}: the runner serves one REST API`)
  for (const property of ['Body', 'BodyS3Location', 'Policy']) {
    if (api.properties[property] !== undefined) {
      throw new Failure(`${api.id}: ${property} is not understood here`)
    }
  }
  const [stage, second] = reader.all('AWS::ApiGateway::Stage')
  if (stage === undefined) throw new Failure(`${api.id}: the REST API has no stage`)
  if (second !== undefined) throw new Failure(`${second.id}: the runner serves one stage`)
  if (stage.properties.CacheClusterEnabled === true) {
    throw new Failure(`${stage.id}: response caching is not understood here`)
  }
  const settings = (stage.properties.MethodSettings ?? []) as MethodSetting[]
  const minimum = api.properties.MinimumCompressionSize
  const log = stage.properties.AccessLogSetting as { Format?: string } | undefined
  return {
    id: reader.ref(api.id),
    stage: reader.ref(stage.id),
    stageVariables: (stage.properties.Variables ?? {}) as Record<string, string>,
    routes: readRoutes(reader, api.id, settings),
    authorizers: reader.all('AWS::ApiGateway::Authorizer').map(readAuthorizer),
    gatewayResponses: reader.all('AWS::ApiGateway::GatewayResponse').map(readGatewayResponse),
    binaryMediaTypes: (api.properties.BinaryMediaTypes ?? []) as string[],
    minimumCompressionSize: minimum === undefined ? undefined : Number(minimum),
    accessLogFormat: log?.Format,
  }
}

function readRoutes(reader: Reader, apiId: string, settings: MethodSetting[]): RouteModel[] {
  const resources = new Map(reader.all('AWS::ApiGateway::Resource').map((r) => [r.id, r] as const))
  const root = `${apiId}-root`
  const pathOf = (id: string): string => {
    if (id === root) return ''
    const { properties } = required(resources.get(id), `the API resource ${id}`)
    return `${pathOf(String(properties.ParentId))}/${String(properties.PathPart)}`
  }
  return reader.all('AWS::ApiGateway::Method').map(({ id, properties: p }) => {
    const resourceId = String(p.ResourceId)
    const path = pathOf(resourceId) || '/'
    const method = String(p.HttpMethod)
    if (p.ApiKeyRequired === true || p.RequestValidatorId !== undefined) {
      throw new Failure(`${id}: API keys and request validators are not understood here`)
    }
    // API Gateway answers these itself behind a custom domain.
    if (/^\/s?ping$/.test(path)) throw new Failure(`${id}: the path ${path} is reserved`)
    const integration = (p.Integration ?? {}) as Record<string, unknown>
    return {
      id,
      path,
      method,
      resourceId,
      functionArn: integrationOf(id, integration),
      authorizerId: authorizerOf(id, p),
      timeoutMs: Number(integration.TimeoutInMillis ?? 29_000),
      throttle: throttleOf(path, method, settings),
    }
  })
}

function integrationOf(id: string, integration: Record<string, unknown>): string {
  if (integration.Type !== 'AWS_PROXY') {
    throw new Failure(`${id}: only Lambda proxy integrations are understood here`)
  }
  if (integration.Credentials !== undefined) {
    throw new Failure(`${id}: integration credentials are not understood here`)
  }
  return functionOf(id, integration.Uri)
}

function authorizerOf(id: string, properties: Record<string, unknown>): string | undefined {
  const type = properties.AuthorizationType ?? 'NONE'
  if (type === 'NONE') return undefined
  if (type === 'CUSTOM') return String(properties.AuthorizerId)
  throw new Failure(`${id}: authorization type ${type} is not understood here`)
}

/** `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/<function ARN>/invocations` */
function functionOf(id: string, uri: unknown): string {
  const [, arn] = /\/functions\/(.+)\/invocations$/.exec(String(uri)) ?? []
  return required(arn, `${id}: the function of ${String(uri)}`)
}

function readAuthorizer({ id, properties: p }: Entry): AuthorizerModel {
  if (p.Type !== 'TOKEN') throw new Failure(`${id}: only TOKEN authorizers are understood here`)
  const source = String(p.IdentitySource ?? 'method.request.header.Authorization')
  const [, header] = /^method\.request\.header\.(.+)$/.exec(source) ?? []
  return {
    id,
    functionArn: functionOf(id, p.AuthorizerUri),
    header: required(header, `${id}: the header of ${source}`).toLowerCase(),
    validation: p.IdentityValidationExpression as string | undefined,
    ttlSeconds: Number(p.AuthorizerResultTtlInSeconds ?? 300),
  }
}

function readGatewayResponse({ properties: p }: Entry): GatewayResponseModel {
  const status = p.StatusCode
  const prefix = 'gatewayresponse.header.'
  const mappings = Object.entries((p.ResponseParameters ?? {}) as Record<string, string>)
  return {
    type: String(p.ResponseType),
    statusCode: status === undefined ? undefined : Number(status),
    headers: Object.fromEntries(
      mappings
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, mapping]) => [name.slice(prefix.length), mapping]),
    ),
    templates: (p.ResponseTemplates ?? {}) as Record<string, string>,
  }
}

/** The most specific of the stage's settings; `~1` is an escaped slash. */
function throttleOf(path: string, method: string, settings: MethodSetting[]): Throttle | undefined {
  const unescaped = (setting: MethodSetting) => {
    const text = setting.ResourcePath.replaceAll('~1', '/').replace(/^\/\//, '/')
    return text === '' ? '/' : text
  }
  const matches = (setting: MethodSetting, candidate: string) =>
    unescaped(setting) === candidate &&
    (setting.HttpMethod === '*' || setting.HttpMethod === method) &&
    setting.ThrottlingRateLimit !== undefined
  const setting =
    settings.find((candidate) => matches(candidate, path)) ??
    settings.find((candidate) => matches(candidate, '/*'))
  if (setting === undefined) return undefined
  return {
    ratePerSecond: Number(setting.ThrottlingRateLimit),
    burst: Number(setting.ThrottlingBurstLimit ?? setting.ThrottlingRateLimit),
  }
}

import { methodsOf, type Route } from '../functions/model/route.ts'
import { gatewayResponses } from './gateway-responses.ts'
import type { Stage } from './stages.ts'

/**
 * Every path that no route has. By itself the gateway takes a request there that has an
 * `Authorization` header for one that is signed for AWS, and refuses the signature.
 */
export const everyPath = '/{proxy+}'

/** What the definition refers to in the stack. */
interface References {
  /** What API Gateway calls to invoke a function. */
  readonly invocationOf: (functionName: string) => string
  /** The ARN of the role in which it does so. */
  readonly role: string
}

const security = [{ token: [] }]

/**
 * The REST API as one OpenAPI document, which CloudFormation counts as one resource. It holds all
 * that API Gateway keeps of the API, since an import overwrites the rest. ANY stands for the
 * methods that a path lacks (405 and preflights): a mock integration would fail on media types that
 * it has no template for.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
export function apiDefinition(routes: readonly Route[], stage: Stage, references: References) {
  const declared = Map.groupBy(routes, ({ path }) => path)
  const paths = [...new Set([...declared.keys(), '/', everyPath])]
  return {
    openapi: '3.0.1',
    info: { title: apiName(stage), version: '1' },
    paths: Object.fromEntries(
      paths.map((path) => [path, operations(declared.get(path) ?? [], references)]),
    ),
    components: { securitySchemes: { token: authorizer(stage, references) } },
    'x-amazon-apigateway-gateway-responses': gatewayResponses(stage),
    // Bodies reach the functions as the bytes that were sent, so that they can tell bad UTF-8.
    'x-amazon-apigateway-binary-media-types': ['*/*'],
  }
}

export function apiName({ name }: Stage): string {
  return `portcullis-${name}`
}

/** ANY comes first: `sam local start-api` lets later methods take over from earlier ones. */
function operations(routes: readonly Route[], references: References) {
  return Object.fromEntries([
    ['x-amazon-apigateway-any-method', operation('system', references)],
    ...routes.flatMap(({ method, lambda, access }) =>
      methodsOf({ method, access }).map((served) => [
        served.toLowerCase(),
        { ...(access !== 'public' && { security }), ...operation(lambda, references) },
      ]),
    ),
  ])
}

function operation(lambda: string, { invocationOf, role }: References) {
  return {
    responses: {},
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      httpMethod: 'POST',
      uri: invocationOf(lambda),
      credentials: role,
    },
  }
}

function authorizer(stage: Stage, { invocationOf, role }: References) {
  return {
    type: 'apiKey',
    name: 'Authorization',
    in: 'header',
    'x-amazon-apigateway-authtype': 'custom',
    'x-amazon-apigateway-authorizer': {
      type: 'token',
      authorizerUri: invocationOf('authorizer'),
      authorizerCredentials: role,
      authorizerResultTtlInSeconds: stage.authorizerCache,
    },
  }
}

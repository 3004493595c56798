import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  AuthorizationType,
  type CfnRestApi,
  EndpointType,
  type IAuthorizer,
  Integration,
  IntegrationType,
  type IResource,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { FilterPattern, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { metricsNamespace } from '../functions/config/environment.ts'
import type { Route } from '../functions/model/route.ts'
import { routes } from '../functions/routes/registry.ts'
import { domain, transport } from './domain.ts'
import { accept } from './findings.ts'
import { firewall } from './firewall.ts'
import { gatewayResponses } from './gateway-responses.ts'
import { gatewayRefusals } from './measures.ts'
import { removal } from './removal.ts'
import { type Stage, serviceName } from './stages.ts'

/**
 * What no route has. By itself the gateway takes such a request with an `Authorization` header for one
 * that is signed for AWS, and refuses the signature.
 */
const everyPath = '/{proxy+}'

/** The REST API: a method for each route, and on each path ANY for the methods that it has not. */
export function gateway(
  scope: Construct,
  functions: ReadonlyMap<string, Lambda>,
  stage: Stage,
): { api: RestApi; accessLog: LogGroup } {
  const accessLog = logGroup(scope, 'AccessLog', stage)
  countRefusals(accessLog)
  const api = new RestApi(scope, 'Api', {
    restApiName: `portcullis-${stage.name}`,
    description: 'Portcullis: a JWT-secured REST API',
    endpointTypes: [EndpointType.REGIONAL],
    // Bodies reach the functions as the bytes that were sent, so that bad UTF-8 can be told.
    binaryMediaTypes: ['*/*'],
    disableExecuteApiEndpoint: stage.certificate !== '',
    // The account's, and other stages' too: it stays when this one goes.
    cloudWatchRole: true,
    cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    deployOptions: {
      stageName: stage.name,
      throttlingRateLimit: stage.throttle.rate,
      throttlingBurstLimit: stage.throttle.burst,
      methodOptions: { [`${everyPath}/ANY`]: unknownPaths(stage) },
      tracingEnabled: true,
      // Metrics of every method would be billed one by one; the log tells routes apart.
      metricsEnabled: false,
      // Never more than errors: `INFO` writes requests down, tokens and bodies included.
      loggingLevel: MethodLoggingLevel.ERROR,
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: accessLogFormat(stage),
    },
  })
  Object.assign(api.node.defaultChild as CfnRestApi, transport)
  // An output that the stack names `Address`.
  api.node.tryRemoveChild('Endpoint')
  keepExecutionLog(api, stage)
  afterItsRole(api, functionOf(functions, 'authorizer'))
  const authorizer = new TokenAuthorizer(scope, 'Authorizer', {
    handler: functionOf(functions, 'authorizer'),
    resultsCacheTtl: Duration.seconds(stage.authorizerCache),
  })
  const integrations = new Map(
    [...new Set([...routes.map(({ lambda }) => lambda), 'system'])].map((name) => [
      name,
      integration(api, functionOf(functions, name), stage),
    ]),
  )
  const declared = Map.groupBy(routes, ({ path }) => path)
  for (const path of new Set([...declared.keys(), '/', everyPath]))
    addMethods(api.root.resourceForPath(path), declared.get(path) ?? [], integrations, authorizer)
  gatewayResponses(api, stage)
  domain(api, stage)
  firewall(api, stage)
  acceptFindings(api, stage)
  return { api, accessLog }
}

/**
 * One permission a function, for this stage alone: LambdaIntegration would add one a method, more
 * than a function's policy can hold (20 kB), or one for all stages and the console's test button.
 */
function integration(api: RestApi, lambda: Lambda, stage: Stage): Integration {
  lambda.addPermission('Api', {
    principal: new ServicePrincipal('apigateway.amazonaws.com'),
    sourceArn: api.arnForExecuteApi('*', '/*', stage.name),
  })
  const service = `arn:${Aws.PARTITION}:apigateway:${Aws.REGION}:lambda:path/2015-03-31`
  return new Integration({
    type: IntegrationType.AWS_PROXY,
    integrationHttpMethod: 'POST',
    uri: `${service}/functions/${lambda.functionArn}/invocations`,
  })
}

function addMethods(
  resource: IResource,
  declared: readonly Route[],
  integrations: ReadonlyMap<string, Integration>,
  authorizer: IAuthorizer,
): void {
  // 405 and preflights: a mock integration would fail on media types that it has no template for.
  // It comes first, as `sam local start-api` lets later methods take over from earlier ones.
  const others = resource.addMethod('ANY', integrations.get('system'), {
    authorizationType: AuthorizationType.NONE,
  })
  accept(others, 'AwsSolutions-APIG4', 'It only says which methods there are.')
  for (const { method, lambda, access } of declared) {
    const secured = { authorizer, authorizationType: AuthorizationType.CUSTOM }
    const open = { authorizationType: AuthorizationType.NONE }
    const isPublic = access === 'public'
    const made = resource.addMethod(method, integrations.get(lambda), isPublic ? open : secured)
    if (isPublic) accept(made, 'AwsSolutions-APIG4', 'The route is declared public.')
  }
}

function logGroup(scope: Construct, id: string, stage: Stage, name?: string): LogGroup {
  return new LogGroup(scope, id, {
    retention: stage.logDays as RetentionDays,
    removalPolicy: removal(stage),
    ...(name && { logGroupName: name }),
  })
}

/** The gateway would make this group itself, and keep what is in it for ever. */
function keepExecutionLog(api: RestApi, stage: Stage): void {
  const name = `API-Gateway-Execution-Logs_${api.restApiId}/${stage.name}`
  api.deploymentStage.node.addDependency(logGroup(api, 'ExecutionLog', stage, name))
}

/**
 * API Gateway takes a role for its logs only when IAM has told all of AWS about it, some seconds after
 * it was made (aws/aws-cdk#2194): the account's setting waits for a function, which waits for tables.
 */
function afterItsRole(api: RestApi, lambda: Lambda): void {
  const made = lambda.node.defaultChild
  if (made) api.node.findChild('Account').node.addDependency(made)
}

/** What the gateway refuses by itself reaches no function, and so none of their metrics. */
function countRefusals(accessLog: LogGroup): void {
  accessLog.addMetricFilter('Refusals', {
    filterPattern: FilterPattern.stringValue('$.refusal', '!=', '-'),
    metricNamespace: metricsNamespace,
    metricName: gatewayRefusals,
    metricValue: '1',
    dimensions: { service: '$.service', refusal: '$.refusal' },
  })
}

function acceptFindings(api: RestApi, stage: Stage): void {
  const reasons = {
    'AwsSolutions-COG4': 'The token authorizer also revokes, which no Cognito authorizer does.',
    'AwsSolutions-APIG2': 'The functions validate: they name all faults, as problem details.',
    ...(!stage.firewall && {
      'AwsSolutions-APIG3': 'WAF is a choice of the stage; logins are throttled without it.',
    }),
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
      "AWS's own policy for the one role that an account gives API Gateway to write logs with.",
  }
  for (const [rule, reason] of Object.entries(reasons)) accept(api, rule, reason)
}

/** Whoever looks for holes gets a tenth of what clients get. */
function unknownPaths({ throttle: { rate, burst } }: Stage): MethodDeploymentOptions {
  return {
    throttlingRateLimit: Math.ceil(rate / 10),
    throttlingBurstLimit: Math.ceil(burst / 10),
  }
}

/** One JSON line a request; the path as declared, as ids would make every line a kind of its own. */
function accessLogFormat(stage: Stage): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      service: serviceName(stage),
      requestId: '$context.requestId',
      xray_trace_id: '$context.xrayTraceId',
      address: '$context.identity.sourceIp',
      time: '$context.requestTime',
      method: '$context.httpMethod',
      route: '$context.resourcePath',
      status: '$context.status',
      userId: '$context.authorizer.principalId',
      latencyMs: '$context.responseLatency',
      integrationLatencyMs: '$context.integration.latency',
      authorizerLatencyMs: '$context.authorizer.latency',
      responseBytes: '$context.responseLength',
      refusal: '$context.error.responseType',
    }),
  )
}

function functionOf(functions: ReadonlyMap<string, Lambda>, name: string): Lambda {
  const found = functions.get(name)
  if (!found)
    throw new Error(`The routes of ${name} need a Lambda: there is no functions/${name}.ts`)
  return found
}

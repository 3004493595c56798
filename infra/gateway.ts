import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  ApiDefinition,
  type CfnRestApi,
  type CfnStage,
  EndpointType,
  LogGroupLogDestination,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnFunction, Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import { FilterPattern, type LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { metricsNamespace } from '../functions/config/environment.ts'
import { apiDefinition, apiName } from './api-definition.ts'
import { domain, transport } from './domain.ts'
import { accept } from './findings.ts'
import { firewall } from './firewall.ts'
import { logGroup } from './log-group.ts'
import { gatewayRefusals } from './measures.ts'
import { methodSettings } from './method-settings.ts'
import type { Product } from './product.ts'
import { type Stage, serviceName } from './stages.ts'

/** The REST API, and what stands around it. */
export function gateway(
  scope: Construct,
  product: Product,
  functions: ReadonlyMap<string, Lambda>,
  stage: Stage,
): { api: SpecRestApi; accessLog: LogGroup } {
  const { routes } = product
  const accessLog = logGroup(scope, 'AccessLog', stage)
  countRefusals(accessLog)
  const invoked = new Set([...routes.map(({ lambda }) => lambda), 'system', 'authorizer'])
  const definition = apiDefinition(routes, stage, {
    invocationOf: (name) => invocationOf(functionOf(functions, name)),
    role: invoker(
      scope,
      [...invoked].map((name) => functionOf(functions, name)),
    ).roleArn,
  })
  const api = new SpecRestApi(scope, 'Api', {
    apiDefinition: ApiDefinition.fromInline(definition),
    restApiName: apiName(stage),
    description: 'Portcullis: a JWT-secured REST API',
    endpointTypes: [EndpointType.REGIONAL],
    disableExecuteApiEndpoint: stage.certificate !== '',
    // It is the account's, and other stages use it from the moment it is set: it stays when this one
    // goes, or is never made.
    cloudWatchRole: true,
    cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
    deployOptions: {
      stageName: stage.name,
      tracingEnabled: true,
      accessLogDestination: new LogGroupLogDestination(accessLog),
      accessLogFormat: accessLogFormat(stage),
    },
  })
  Object.assign(api.node.defaultChild as CfnRestApi, transport)
  // Here and not as an option: the CDK would add a value that means nothing to each.
  Object.assign(api.deploymentStage.node.defaultChild as CfnStage, {
    methodSettings: methodSettings(product, stage),
  })
  // The stack has this output under the name `Address`.
  api.node.tryRemoveChild('Endpoint')
  keepExecutionLog(api, stage)
  afterItsRole(api, functionOf(functions, 'authorizer'))
  domain(api, stage)
  firewall(api, stage)
  acceptFindings(api, stage)
  return { api, accessLog }
}

/** Functions that one statement of the policy names. */
const statementSize = 16

/** The one role in which the API invokes its functions: permissions would be a resource each. */
function invoker(scope: Construct, invoked: readonly Lambda[]): Role {
  const role = new Role(scope, 'Gateway', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
  })
  // The CDK divides a policy that is too long between its statements.
  const arns = invoked.map(({ functionArn }) => functionArn)
  for (let start = 0; start < arns.length; start += statementSize)
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: arns.slice(start, start + statementSize),
      }),
    )
  return role
}

/** As one text, shorter than its parts: a hundred resources nearly fill the template's megabyte. */
function invocationOf(lambda: Lambda): string {
  const id = Stack.of(lambda).getLogicalId(lambda.node.defaultChild as CfnFunction)
  const service = `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31`
  return Fn.sub(`${service}/functions/\${${id}.Arn}/invocations`)
}

/** The gateway would make this group itself, and keep what is in it for ever. */
function keepExecutionLog(api: SpecRestApi, stage: Stage): void {
  const name = `API-Gateway-Execution-Logs_${api.restApiId}/${stage.name}`
  api.deploymentStage.node.addDependency(logGroup(api, 'ExecutionLog', stage, name))
}

/**
 * API Gateway takes a role for its logs only when IAM has told all of AWS about it, some seconds after
 * it was made (aws/aws-cdk#2194): the account's setting waits for a function, which waits for tables.
 */
function afterItsRole(api: SpecRestApi, lambda: Lambda): void {
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

function acceptFindings(api: SpecRestApi, stage: Stage): void {
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

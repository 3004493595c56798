import { App, CfnParameter, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseType,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, type ITable, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import {
  Code,
  FilterCriteria,
  FilterRule,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { EmailIdentity, Identity } from 'aws-cdk-lib/aws-ses'
import { Queue } from 'aws-cdk-lib/aws-sqs'

/** A stack with one of everything that the runner serves. */
export function buildDemo(outdir: string, code: (name: string) => string): void {
  const context = { '@aws-cdk/aws-apigateway:disableCloudWatchRole': true }
  const stack = new Stack(new App({ outdir, context }), 'Demo')
  const publicUrl = new CfnParameter(stack, 'PublicUrl', { default: '' })
  const table = new Table(stack, 'Things', {
    tableName: 'Things',
    partitionKey: { name: 'id', type: AttributeType.STRING },
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    timeToLiveAttribute: 'expiresAt',
    removalPolicy: RemovalPolicy.DESTROY,
  })
  table.addGlobalSecondaryIndex({
    indexName: 'byShard',
    partitionKey: { name: 'shard', type: AttributeType.STRING },
  })
  const secret = new Secret(stack, 'Key', {
    secretName: 'demo/key',
    generateSecretString: { passwordLength: 40, excludePunctuation: true },
  })
  const lambda = (name: string, timeout = Duration.seconds(10)) =>
    new LambdaFunction(stack, name, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset(code(name)),
      description: name,
      timeout,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        TABLE: table.tableName,
        SECRET: secret.secretArn,
        URL: publicUrl.valueAsString,
      },
    })
  const things = lambda('things', Duration.seconds(1))
  table.grant(things, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem')
  secret.grantRead(things)
  secret.addRotationSchedule('Rotation', {
    rotationLambda: lambda('rotate-keys'),
    automaticallyAfter: Duration.days(30),
  })
  lambda('on-removed').addEventSource(
    new DynamoEventSource(table as ITable, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      retryAttempts: 2,
      bisectBatchOnError: true,
      onFailure: new SqsDlq(new Queue(stack, 'Undigested')),
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('REMOVE') })],
    }),
  )
  lambda('on-written').addEventSource(
    new DynamoEventSource(table as ITable, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      retryAttempts: 3,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
    }),
  )
  const identity = new EmailIdentity(stack, 'Sender', { identity: Identity.domain('example.org') })
  identity.grantSendEmail(things)
  const api = new RestApi(stack, 'Api', {
    minCompressionSize: Size.bytes(1000),
    deployOptions: {
      methodOptions: { '/limited/GET': { throttlingRateLimit: 1, throttlingBurstLimit: 2 } },
      accessLogDestination: new LogGroupLogDestination(new LogGroup(stack, 'AccessLog')),
      accessLogFormat: AccessLogFormat.custom(
        '{"id":"$context.requestId","status":"$context.status","path":"$context.path","user":"$context.authorizer.principalId"}',
      ),
    },
  })
  const authorizer = new TokenAuthorizer(stack, 'Authorizer', {
    handler: lambda('authorizer'),
    resultsCacheTtl: Duration.minutes(5),
    validationRegex: 'Bearer .+',
  })
  const integration = new LambdaIntegration(things, { allowTestInvoke: false })
  const at = (path: string) => api.root.resourceForPath(path)
  at('echo').addMethod('ANY', integration)
  at('echo/{id}').addMethod('GET', integration)
  at('echo/{id}/{rest+}').addMethod('GET', integration)
  at('raw').addMethod('POST', integration)
  at('do').addMethod('POST', integration)
  at('limited').addMethod('GET', integration)
  at('things').addMethod('GET', integration, { authorizer })
  at('things').addMethod('POST', integration, { authorizer })
  at('things/{id}').addMethod('GET', integration, { authorizer })
  api.addGatewayResponse('Unauthorized', {
    type: ResponseType.UNAUTHORIZED,
    responseHeaders: {
      'WWW-Authenticate': '\'Bearer realm="demo"\'',
      'X-Request-Id': 'context.requestId',
      'X-Origin': 'method.request.header.Origin',
      'Content-Type': "'application/problem+json'",
    },
    templates: {
      'application/json':
        '{"detail":$context.error.messageString,"requestId":"$context.requestId"}',
    },
  })
  api.addGatewayResponse('Unknown', {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    statusCode: '404',
  })
  ;(stack.node.root as App).synth()
}

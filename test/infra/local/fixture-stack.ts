import { App, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  ApiDefinition,
  LogGroupLogDestination,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, type ITable, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
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
  api(stack, things, lambda('authorizer'))
  ;(stack.node.root as App).synth()
}

function api(stack: Stack, things: LambdaFunction, judge: LambdaFunction): void {
  const role = new Role(stack, 'Gateway', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
  })
  things.grantInvoke(role)
  judge.grantInvoke(role)
  const credentials = role.roleArn
  const uri = ({ functionArn }: LambdaFunction) =>
    `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`
  const integration = { type: 'aws_proxy', httpMethod: 'POST', uri: uri(things), credentials }
  const open = { 'x-amazon-apigateway-integration': integration, responses: {} }
  const secured = { ...open, security: [{ judge: [] }] }
  new SpecRestApi(stack, 'Api', {
    apiDefinition: ApiDefinition.fromInline({
      openapi: '3.0.1',
      info: { title: 'demo', version: '1' },
      paths: {
        '/echo': { 'x-amazon-apigateway-any-method': open },
        '/echo/{id}': { get: open },
        '/echo/{id}/{rest+}': { get: open },
        '/raw': { post: open },
        '/do': { post: open },
        '/limited': { get: open },
        '/limited-any': { 'x-amazon-apigateway-any-method': open },
        '/things': { get: secured, post: secured },
        '/things/{id}': { get: secured },
      },
      components: {
        securitySchemes: {
          judge: {
            type: 'apiKey',
            name: 'Authorization',
            in: 'header',
            'x-amazon-apigateway-authtype': 'custom',
            'x-amazon-apigateway-authorizer': {
              type: 'token',
              authorizerUri: uri(judge),
              authorizerCredentials: credentials,
              authorizerResultTtlInSeconds: 300,
              identityValidationExpression: 'Bearer .+',
            },
          },
        },
      },
      'x-amazon-apigateway-minimum-compression-size': 1000,
      'x-amazon-apigateway-gateway-responses': {
        UNAUTHORIZED: {
          responseParameters: {
            'gatewayresponse.header.WWW-Authenticate': '\'Bearer realm="demo"\'',
            'gatewayresponse.header.X-Request-Id': 'context.requestId',
            'gatewayresponse.header.X-Origin': 'method.request.header.Origin',
            'gatewayresponse.header.Content-Type': "'application/problem+json'",
          },
          responseTemplates: {
            'application/json':
              '{"detail":$context.error.messageString,"requestId":"$context.requestId"}',
          },
        },
        MISSING_AUTHENTICATION_TOKEN: { statusCode: '404' },
      },
    }),
    deployOptions: {
      methodOptions: {
        '/limited/GET': { throttlingRateLimit: 1, throttlingBurstLimit: 2 },
        '/limited-any/GET': { throttlingRateLimit: 1, throttlingBurstLimit: 1 },
        '/limited-any/PUT': { throttlingRateLimit: 1, throttlingBurstLimit: 1 },
      },
      accessLogDestination: new LogGroupLogDestination(new LogGroup(stack, 'AccessLog')),
      accessLogFormat: AccessLogFormat.custom(
        '{"id":"$context.requestId","status":"$context.status","path":"$context.path","user":"$context.authorizer.principalId"}',
      ),
    },
  })
}

import { Failure } from '../failure.ts'
import type { Resource } from './assembly.ts'
import type { Identity } from './intrinsics.ts'

export const account = '000000000000'

export function pseudoParameters(stack: string, region: string): Record<string, string> {
  return {
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stack}/local`,
    'AWS::StackName': stack,
    'AWS::URLSuffix': 'amazonaws.com',
  }
}

/** Resources that mean nothing to a local run: observability, deployment, delivery. */
export const ignoredTypes =
  /^AWS::(CDK|CloudWatch|SNS|SES|Logs|XRay|WAFv2|KMS|Budgets|Backup|Route53|CertificateManager|ApplicationAutoScaling|Synthetics|ApplicationInsights|ResourceGroups)::|^AWS::ApiGateway::(Account|Deployment|DomainName|DomainNameV2|BasePathMapping|UsagePlan)$|^AWS::SecretsManager::ResourcePolicy$|^AWS::SQS::QueuePolicy$/

/** Services that decide what is served here: a resource of theirs must be understood. */
const served = /^AWS::(ApiGateway|DynamoDB|IAM|Lambda|SecretsManager)::/

/** Whether a resource is of another service, whose endpoint somebody else must offer. */
export function isElsewhere(type: string): boolean {
  return !served.test(type)
}

type Naming = (name: (property: string) => string | undefined, id: string) => Identity

const arn = (service: string, path: string) => `arn:aws:${service}:us-east-1:${account}:${path}`

const plain: Naming = (_, id) => ({ ref: id, attributes: {} })

/** The physical name is the given one, else the logical id. */
const named =
  (property: string, arnOf: (name: string) => string): Naming =>
  (name, id) => {
    const ref = name(property) ?? id
    return { ref, attributes: { Arn: arnOf(ref) } }
  }

const table: Naming = (name, id) => {
  const ref = name('TableName') ?? id
  const tableArn = arn('dynamodb', `table/${ref}`)
  return { ref, attributes: { Arn: tableArn, StreamArn: `${tableArn}/stream/latest` } }
}

/** What `Ref` and `Fn::GetAtt` answer, by resource type; the types that the runner understands. */
const namings: Record<string, Naming> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Lambda::Function': named('FunctionName', (name) => arn('lambda', `function:${name}`)),
  'AWS::Lambda::Permission': plain,
  'AWS::Lambda::EventSourceMapping': plain,
  'AWS::IAM::Role': named('RoleName', (name) => `arn:aws:iam::${account}:role/${name}`),
  'AWS::IAM::Policy': plain,
  'AWS::IAM::ManagedPolicy': (name, id) => {
    const ref = `arn:aws:iam::${account}:policy/${name('ManagedPolicyName') ?? id}`
    return { ref, attributes: { PolicyArn: ref } }
  },
  // Secrets Manager appends six random characters to the name; here they are constant.
  'AWS::SecretsManager::Secret': (name, id) => {
    const ref = arn('secretsmanager', `secret:${name('Name') ?? id}-AbCdEf`)
    return { ref, attributes: { Id: ref } }
  },
  'AWS::SecretsManager::RotationSchedule': plain,
  'AWS::SQS::Queue': (name, id) => {
    const queue = name('QueueName') ?? id
    const ref = `https://sqs.us-east-1.amazonaws.com/${account}/${queue}`
    return { ref, attributes: { Arn: arn('sqs', queue), QueueName: queue, QueueUrl: ref } }
  },
  'AWS::ApiGateway::RestApi': (_, id) => {
    return { ref: id, attributes: { RootResourceId: `${id}-root`, RestApiId: id } }
  },
  'AWS::ApiGateway::Stage': (name, id) => ({ ref: name('StageName') ?? id, attributes: {} }),
}

/** Ignored resources that others may still refer to. */
const ignoredNamings: Record<string, Naming> = {
  'AWS::Logs::LogGroup': named('LogGroupName', (name) => arn('logs', `log-group:${name}:*`)),
  'AWS::SNS::Topic': (name, id) => {
    const ref = arn('sns', name('TopicName') ?? id)
    return { ref, attributes: { TopicArn: ref, TopicName: name('TopicName') ?? id } }
  },
  'AWS::KMS::Key': (_, id) => ({ ref: id, attributes: { Arn: arn('kms', `key/${id}`) } }),
  'AWS::SES::EmailIdentity': (name, id) => ({ ref: name('EmailIdentity') ?? id, attributes: {} }),
  'AWS::SES::ConfigurationSet': (name, id) => ({ ref: name('Name') ?? id, attributes: {} }),
  'AWS::ApiGateway::Deployment': (_, id) => ({ ref: id, attributes: { DeploymentId: id } }),
}

function elsewhere(type: string): Naming | undefined {
  if (!isElsewhere(type)) return undefined
  const service = type.split('::')[1]?.toLowerCase() ?? ''
  return (_, id) => ({
    ref: id,
    attributes: { Arn: service === 's3' ? `arn:aws:s3:::${id}` : arn(service, id) },
  })
}

export const knownTypes = new Set(Object.keys(namings))

export function identityOf(
  id: string,
  { Type, Properties = {} }: Resource,
  resolve: (value: unknown, at: string) => unknown,
): Identity {
  const naming = namings[Type] ?? ignoredNamings[Type] ?? elsewhere(Type)
  if (naming === undefined) {
    throw new Failure(`${id}: a reference to a resource of type ${Type} is not understood here`)
  }
  const name = (property: string) => resolve(Properties[property], id) as string | undefined
  return naming(name, id)
}

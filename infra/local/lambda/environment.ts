import type { FunctionModel } from '../model.ts'

/** What one instance has of its own. */
interface OfInstance {
  readonly accessKey: string
  readonly logStream: string
  /** Where its code lies. */
  readonly directory: string
}

/**
 * The environment of an instance. All services of AWS are looked for at the runner's endpoint,
 * except those for which the runner's own environment names an address.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function environmentOf(
  model: FunctionModel,
  region: string,
  endpoint: string,
  { accessKey, logStream, directory }: OfInstance,
): Record<string, string> {
  return {
    ...model.environment,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${model.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: model.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: model.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_LOG_FORMAT: model.logFormat,
    ...(model.logLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: model.logLevel }),
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: `secret-of-${accessKey}`,
    AWS_SESSION_TOKEN: `token-of-${accessKey}`,
    ...otherServices(),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    AWS_ENDPOINT_URL_SESV2: endpoint,
    LAMBDA_TASK_ROOT: directory,
    _HANDLER: model.handler,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  }
}

/** Services that somebody else offers, such as a local SQS: `AWS_ENDPOINT_URL_SQS`. */
function otherServices(): Record<string, string> {
  const named = Object.entries(process.env).filter(
    ([name, value]) => name.startsWith('AWS_ENDPOINT_URL_') && value,
  )
  return Object.fromEntries(named) as Record<string, string>
}

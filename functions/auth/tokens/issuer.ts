import type { APIGatewayProxyEvent } from 'aws-lambda'
import { optional, variables } from '../../config/environment.ts'

/**
 * The issuer of access tokens: the address at which clients reach the API. Where none is
 * configured it is the gateway's own. That cannot stand in the environment, which the gateway
 * itself depends on; each function derives it from what the gateway tells it.
 */
export function issuerOfRequest(gateway: APIGatewayProxyEvent['requestContext']): string {
  const { domainName, stage } = gateway
  return optional(variables.publicUrl) ?? `https://${domainName}/${stage}`
}

/** The same from a method's ARN, `arn:aws:execute-api:region:account:api/stage/…`. */
export function issuerOfMethod(methodArn: string): string {
  const [, partition, , region, , path = ''] = methodArn.split(':')
  const [apiId, stage] = path.split('/')
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
  return (
    optional(variables.publicUrl) ?? `https://${apiId}.execute-api.${region}.${suffix}/${stage}`
  )
}

import type { APIGatewayProxyEvent } from 'aws-lambda'

/** An event of the gateway with these parts, for the functions that read one. */
export function event(parts: object): APIGatewayProxyEvent {
  return parts as APIGatewayProxyEvent
}

import { Logger } from '@aws-lambda-powertools/logger'

/** One JSON line an entry. Never given a token, password, hash, e-mail address or request body. */
export const logger = new Logger({ serviceName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'test' })

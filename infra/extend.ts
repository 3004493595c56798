import type { Parts } from './parts.ts'

/**
 * What your product adds to the stack, in plain CDK: a queue, a bucket, a variable, a grant. This file
 * is yours. The clients of all AWS services may be used in a Lambda; locally a call goes to the
 * endpoint in `AWS_ENDPOINT_URL_<SERVICE>`. What cdk-nag finds is fixed, or accepted with a reason:
 * `accept` in findings.ts.
 *
 *     import { Topic } from 'aws-cdk-lib/aws-sns'
 *
 *     export function extend({ stack, functions }: Parts): void {
 *       const receipts = new Topic(stack, 'Receipts', { enforceSSL: true })
 *       const orders = functions.get('orders')
 *       orders?.addEnvironment('RECEIPTS_TOPIC', receipts.topicArn)
 *       if (orders) receipts.grantPublish(orders)
 *     }
 */
export function extend(_parts: Parts): void {}

import type { Parts } from './parts.ts'

/**
 * What your product adds to the stack, in plain CDK: a queue, a bucket, a variable, a grant. This file
 * is yours. The clients of all AWS services may be used in a Lambda; locally a call goes to the
 * endpoint in `AWS_ENDPOINT_URL_<SERVICE>`.
 *
 *     const receipts = new Bucket(stack, 'Receipts')
 *     const orders = functions.get('orders')
 *     orders?.addEnvironment('RECEIPTS_BUCKET', receipts.bucketName)
 *     if (orders) receipts.grantPut(orders)
 */
export function extend(_parts: Parts): void {}

import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { sendDocument } from '../functions/store/client.ts'

/** One read of one item, and nothing else. */
export function handler() {
  const Key = { id: '0199aaaa-0000-7000-8000-000000000000' }
  return sendDocument(new GetCommand({ TableName: 'students', Key, ConsistentRead: true }))
}

import awsLite from '@aws-lite/client'
import dynamodb from '@aws-lite/dynamodb'

/** One read of one item by aws-lite. */
const { hostname, port } = new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB)
const client = awsLite({
  region: process.env.AWS_REGION,
  host: hostname,
  port: Number(port),
  protocol: 'http',
  plugins: [dynamodb],
})
const Key = { id: '0199aaaa-0000-7000-8000-000000000000' }

export async function handler() {
  const aws = await client
  return aws.DynamoDB.GetItem({ TableName: 'students', Key, ConsistentRead: true })
}

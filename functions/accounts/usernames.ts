import { tableName } from '../config/environment.ts'
import { get } from '../store/dynamodb.ts'

/** A user's name as entered; undefined when there is no such user. */
export async function readUsername(userId: string): Promise<string | undefined> {
  const { Item } = await get({
    TableName: tableName('users'),
    Key: { id: userId },
    ProjectionExpression: '#username',
    ExpressionAttributeNames: { '#username': 'username' },
    ConsistentRead: true,
  })
  return Item?.username as string | undefined
}

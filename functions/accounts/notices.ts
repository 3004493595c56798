import { tableName } from '../config/environment.ts'
import { type NoticeEvent, outboxSteps, sendsMail } from '../mail/outbox.ts'
import { get, type Step } from '../store/dynamodb.ts'
import { verifiedAddress } from './addresses.ts'
import type { Credentials } from './credentials.ts'

type Addressed = Pick<Credentials, 'email' | 'emailVerified'>

/**
 * Tells the verified address, if there is one, what happens to the account, in the transaction in
 * which it happens.
 * @param changeId what the notice's link undoes
 */
export function notice(
  userId: string,
  account: Addressed,
  event: NoticeEvent,
  changeId?: string,
): Step[] {
  const to = verifiedAddress(account)
  if (to === undefined) return []
  return outboxSteps({ purpose: 'notice', userId, to, event, ...(changeId && { changeId }) })
}

/** The same where the account has not been read; it is not read on a stage that sends no mail. */
export async function noticeTo(userId: string, event: NoticeEvent): Promise<Step[]> {
  if (!sendsMail()) return []
  const { Item = {} } = await get({
    TableName: tableName('users'),
    Key: { id: userId },
    ProjectionExpression: '#email, #emailVerified',
    ExpressionAttributeNames: { '#email': 'email', '#emailVerified': 'emailVerified' },
    ConsistentRead: true,
  })
  return notice(userId, Item as Addressed, event)
}

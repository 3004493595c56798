import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { messageOf } from './accounts/messages.ts'
import { optional, required, variables } from './config/environment.ts'
import { logger } from './invocation/log.ts'
import { count, publish } from './invocation/metrics.ts'
import type { OutboxItem } from './mail/outbox.ts'
import { asHtml, asText } from './mail/words.ts'
import { fromAttributeValues } from './store/attribute-values.ts'
import type { Attributes } from './store/attributes.ts'
import { sendMail } from './store/ses.ts'

type Image = Parameters<typeof fromAttributeValues>[0]

/**
 * Sends what the outbox holds, as its stream brings it. An item that fails is named, so that Lambda
 * brings it and those after it again: a mail is sent at least once, and again with the same token.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const inserts = event.Records.filter(({ eventName }) => eventName === 'INSERT')
  const outcomes = { sent: 0, withheld: 0, failed: 0 }
  let failed: DynamoDBRecord | undefined
  for (const record of inserts) {
    try {
      outcomes[await send(record)] += 1
    } catch (error) {
      // An exception of SES may hold the address in its message: only its name is logged.
      logger().error('a mail was not sent', { reason: (error as Error).name })
      outcomes.failed += 1
      failed = record
      break
    }
  }
  for (const [outcome, times] of Object.entries(outcomes)) count(`mail_${outcome}`, times)
  publish('mail', outcomes)
  const itemIdentifier = failed?.dynamodb?.SequenceNumber ?? ''
  return { batchItemFailures: failed ? [{ itemIdentifier }] : [] }
}

async function send({ dynamodb }: DynamoDBRecord): Promise<'sent' | 'withheld'> {
  const item = fromAttributeValues(dynamodb?.NewImage as Image) as OutboxItem & Attributes
  const message = await messageOf(item)
  if (!message) return 'withheld'
  await sendMail({
    from: required(variables.mailFrom),
    to: message.to,
    subject: message.words.subject,
    text: asText(message.words),
    html: asHtml(message.words),
    configurationSet: optional(variables.configurationSet),
  })
  return 'sent'
}

import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { messageOf } from './accounts/messages.ts'
import { optional, required, variables } from './config/environment.ts'
import { logger } from './invocation/log.ts'
import { count } from './invocation/metrics.ts'
import type { OutboxItem } from './mail/outbox.ts'
import { asHtml, asText } from './mail/words.ts'
import { fromAttributeValues } from './store/attribute-values.ts'
import type { Attributes } from './store/attributes.ts'
import { sendMail } from './store/ses.ts'

type Image = Parameters<typeof fromAttributeValues>[0]

/**
 * Sends what the outbox holds, brought by its stream. An item that fails is named, so that Lambda
 * brings it and those after it again: a mail is sent at least once, and again with the same token.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    try {
      await send(record)
    } catch (error) {
      // An exception of SES may hold the address in its message: its name is what is told.
      logger().error('a mail was not sent', { reason: (error as Error).name })
      count('mail_failed')
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] }
    }
  }
  return { batchItemFailures: [] }
}

async function send({ eventName, dynamodb }: DynamoDBRecord): Promise<void> {
  if (eventName !== 'INSERT' || !dynamodb?.NewImage) return
  const item = fromAttributeValues(dynamodb.NewImage as Image) as OutboxItem & Attributes
  const message = await messageOf(item)
  if (!message) return
  await sendMail({
    from: required(variables.mailFrom),
    to: message.to,
    subject: message.words.subject,
    text: asText(message.words),
    html: asHtml(message.words),
    configurationSet: optional(variables.configurationSet),
  })
  count('mail_sent')
}

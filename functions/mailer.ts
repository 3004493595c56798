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
 * Sends what the outbox holds, as its stream reports it. An item that fails is named, so that Lambda
 * delivers it and those after it again: a mail is sent at least once, and again with the same token.
 * One that SES refuses for what it is, is given up after an hour, and one to an address that SES's
 * sandbox does not admit at once.
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
      const { name: reason } = error as Error
      const id = record.dynamodb?.Keys?.id?.S
      outcomes.failed += 1
      if (isHopeless(record, reason)) {
        logger().error('a mail is given up', { reason, id })
        continue
      }
      logger().error('a mail was not sent', { reason, id })
      failed = record
      break
    }
  }
  for (const [outcome, times] of Object.entries(outcomes)) count(`mail_${outcome}`, times)
  publish('mail', outcomes)
  const itemIdentifier = failed?.dynamodb?.SequenceNumber ?? ''
  return { batchItemFailures: failed ? [{ itemIdentifier }] : [] }
}

/** How SES refuses a mail for what it is: whatever else it says may be a setting of the account. */
const refusal = 'BadRequestException'
/** For how long such a mail is tried all the same, seconds. */
const patience = 60 * 60

/** Whether a mail would only keep those behind it from being sent. */
function isHopeless({ dynamodb }: DynamoDBRecord, reason: string): boolean {
  const now = Date.now() / 1000
  const age = now - (dynamodb?.ApproximateCreationDateTime ?? now)
  return reason === refusal && age > patience
}

/**
 * Whether SES refuses this recipient, as it does in its sandbox: anybody can sign up with such an
 * address, and no mail behind it would be sent.
 */
function isUnverified(to: string, { name, message }: Error): boolean {
  return name === 'MessageRejected' && message.toLowerCase().includes(to.toLowerCase())
}

async function send({ dynamodb }: DynamoDBRecord): Promise<'sent' | 'withheld' | 'failed'> {
  const item = fromAttributeValues(dynamodb?.NewImage as Image) as OutboxItem & Attributes
  const message = await messageOf(item)
  if (!message) return 'withheld'
  try {
    await sendMail({
      from: required(variables.mailFrom),
      to: message.to,
      subject: message.words.subject,
      text: asText(message.words),
      html: asHtml(message.words),
      configurationSet: optional(variables.configurationSet),
    })
  } catch (error) {
    await message.admitted?.takeBack().catch(({ name: reason }: Error) => {
      logger().error('a mail was not given back to its budgets', { reason })
    })
    if (!isUnverified(message.to, error as Error)) throw error
    logger().error('a mail is given up: in the sandbox of SES its address is not verified', {
      id: item.id,
    })
    return 'failed'
  }
  return 'sent'
}

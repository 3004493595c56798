import { randomUUID } from 'node:crypto'
import type { Model } from '../model.ts'
import type { Mail } from './mail.ts'
import type { Mailbox } from './mailbox.ts'
import { type AwsAnswer, errorAnswer, type Json, jsonAnswer } from './protocol.ts'
import type { Need, Service } from './service.ts'

const sendPath = '/v2/email/outbound-emails'

/** https://docs.aws.amazon.com/ses/latest/dg/quotas.html */
const maximumRecipients = 50

interface Content {
  readonly Data?: string
}

interface SendEmail {
  readonly FromEmailAddress?: string
  readonly FromEmailAddressIdentityArn?: string
  readonly ConfigurationSetName?: string
  readonly FeedbackForwardingEmailAddress?: string
  readonly Destination?: Readonly<Record<string, readonly string[] | undefined>>
  readonly Content?: {
    readonly Simple?: {
      readonly Subject?: Content
      readonly Body?: { readonly Text?: Content; readonly Html?: Content }
    }
  }
}

/**
 * SES, version 2 of its API: `SendEmail` with simple content, which goes to the runner's mailbox.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export function ses(model: Model, mailbox: Mailbox): Service {
  return {
    namespace: '',
    operationOf: ({ method, url }) =>
      method === 'POST' && url === sendPath ? 'SendEmail' : `${method} ${url}`,
    needs: ({ name, parameters }) =>
      name === 'SendEmail' ? sendNeeds(model, parameters as SendEmail) : undefined,
    perform: ({ parameters }) => sendEmail(mailbox, parameters as SendEmail),
  }
}

/**
 * The identity that sends, and the configuration set. For an address that has no identity of its
 * own in the template, SES takes that of its domain.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsesv2.html
 */
export function sendNeeds(
  { region, account, identities }: Model,
  request: SendEmail,
): readonly Need[] {
  const arn = (kind: string, name: string) => `arn:aws:ses:${region}:${account}:${kind}/${name}`
  const from = addressOf(request.FromEmailAddress)
  const name = identities.includes(from) ? from : from.replace(/^.*@/, '')
  const context = () => contextOf(request)
  const action = 'ses:SendEmail'
  const { FromEmailAddressIdentityArn: given, ConfigurationSetName: set } = request
  return [
    { action, resource: given ?? arn('identity', name), context },
    ...(set === undefined ? [] : [{ action, resource: arn('configuration-set', set), context }]),
  ]
}

function contextOf(request: SendEmail) {
  const feedback = request.FeedbackForwardingEmailAddress
  return {
    'ses:fromaddress': [addressOf(request.FromEmailAddress)],
    'ses:recipients': recipientsOf(request).map(addressOf),
    'ses:apiversion': ['2'],
    ...(feedback !== undefined && { 'ses:feedbackaddress': [feedback] }),
  }
}

/** `Portcullis <no-reply@example.org>` → `no-reply@example.org` */
function addressOf(mailbox = ''): string {
  return /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox.trim()
}

function recipientsOf({ Destination = {} }: SendEmail): readonly string[] {
  return ['ToAddresses', 'CcAddresses', 'BccAddresses'].flatMap((kind) => Destination[kind] ?? [])
}

function sendEmail(mailbox: Mailbox, request: SendEmail): AwsAnswer {
  const fault = faultOf(request)
  if (fault !== undefined) return errorAnswer('BadRequestException', fault)
  const { Subject, Body } = request.Content?.Simple ?? {}
  const mail: Omit<Mail, 'sentAt'> = {
    from: request.FromEmailAddress ?? '',
    to: recipientsOf(request).join(', '),
    subject: Subject?.Data ?? '',
    text: Body?.Text?.Data ?? '',
    ...(Body?.Html?.Data !== undefined && { html: Body.Html.Data }),
  }
  mailbox.add(mail)
  return jsonAnswer(200, { MessageId: randomUUID() } satisfies Json)
}

function faultOf(request: SendEmail): string | undefined {
  const recipients = recipientsOf(request)
  const { Subject, Body } = request.Content?.Simple ?? {}
  if (request.Content?.Simple === undefined) return 'only Simple content is understood here'
  if (!addressOf(request.FromEmailAddress).includes('@')) return 'Missing or invalid From address'
  if (recipients.length === 0) return 'Destination must have at least one recipient'
  if (recipients.length > maximumRecipients) return 'Recipient count exceeds 50'
  const invalid = recipients.find((recipient) => !/^[^\s@]+@[^\s@]+$/.test(addressOf(recipient)))
  if (invalid !== undefined) return `Invalid recipient: ${invalid}`
  if (Subject?.Data === undefined) return 'Subject is missing'
  if (Body?.Text?.Data === undefined && Body?.Html?.Data === undefined) return 'Body is missing'
  return undefined
}

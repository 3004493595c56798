import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { once } from '../model/memoized.ts'
import { patience } from './failures.ts'
import { signer } from './signature.ts'

/** SES's client does not tell its signer what the service is called in a signature. */
const sesSigner: typeof signer = {
  sign: (request, options) => signer.sign(request, { ...options, signingService: 'ses' }),
}

const client = once(() => new SESv2Client({ ...patience, signer: sesSigner }))

interface OutgoingMail {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The configuration set: bounces and complaints are told to its topic, and nothing is tracked. */
  readonly configurationSet: string | undefined
}

/**
 * Sends a mail.
 * @throws the SDK's exceptions, whose names are all that may be logged of them: their messages can
 *   hold the address
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
export async function sendMail(mail: OutgoingMail): Promise<void> {
  const { from, to, subject, text, html, configurationSet } = mail
  const content = (Data: string) => ({ Data, Charset: 'UTF-8' })
  await client().send(
    new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: { Subject: content(subject), Body: { Text: content(text), Html: content(html) } },
      },
      ...(configurationSet && { ConfigurationSetName: configurationSet }),
    }),
  )
}

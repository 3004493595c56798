import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Mailbox } from './aws/mailbox.ts'
import { originForm } from './gateway/new-exchange.ts'
import { mailPage } from './mail-page.ts'
import { ownHeaders } from './own-headers.ts'

/** The pages of the runner, which no deployed stack has: the way to /docs, and the mails. */
export function ownPages(mailbox: Mailbox) {
  return ({ method = '', url = '' }: IncomingMessage, answer: ServerResponse): boolean => {
    if (method !== 'GET' && method !== 'HEAD') return false
    const headers = ownHeaders()
    switch (originForm(url).replace(/\?.*$/, '')) {
      case '/':
        answer.writeHead(302, { ...headers, Location: '/docs' }).end()
        return true
      case '/local/mail.json':
        answer
          .writeHead(200, { ...headers, 'Content-Type': 'application/json' })
          .end(JSON.stringify(mailbox.all()))
        return true
      case '/local/mail':
        mailPage().then(
          ({ html, headers: own }) => answer.writeHead(200, { ...headers, ...own }).end(html),
          (error: Error) => answer.destroy(error),
        )
        return true
      default:
        return false
    }
  }
}

import { productName } from '../resources/product.ts'
import type { NoticeEvent, Words } from './outbox.ts'

/** The words of every mail of the API, in one place. None holds anything that a caller wrote. */
export const words = {
  verify: (link: string): Words => ({
    subject: 'Confirm your e-mail address',
    paragraphs: [
      `Somebody, most likely you, entered this address for an account at ${productName}.`,
      'Open the link within 24 hours to confirm that the address is yours. Opening it changes nothing yet: the page shows the account and asks.',
      'If it was not you, do nothing.',
    ],
    link,
  }),
  taken: (): Words => ({
    subject: 'You already have an account',
    paragraphs: [
      `Somebody, most likely you, entered this address for another account at ${productName}, but it already belongs to your account.`,
      'Sign in with this address. If you have forgotten your password, request a reset.',
      'If it was not you, do nothing.',
    ],
  }),
  reset: (link: string): Words => ({
    subject: 'Choose a new password',
    paragraphs: [
      `A new password was requested for your account at ${productName}.`,
      'Open the link within 60 minutes to choose one. This ends all your sessions and API keys; your second factor stays.',
      'If you did not ask for it, do nothing: your password stays as it is.',
    ],
    link,
  }),
  notice: (event: NoticeEvent, link: string | undefined): Words => ({
    subject: notices[event][0],
    paragraphs: [
      notices[event][1],
      link
        ? `If it was not you, open the link within 7 days: it ${undoes[event] ?? 'undoes the change'}, and ends all sessions and API keys. Another mail then lets you choose a new password.`
        : event === 'deleted'
          ? 'If it was not you, contact whoever runs the service.'
          : 'If it was not you, choose a new password at once.',
    ],
    ...(link && { link }),
  }),
} as const

/** What the link of a notice does first. */
const undoes: Readonly<Partial<Record<NoticeEvent, string>>> = {
  address_changed:
    'restores this address, removes second factors that were added since or in the week before',
  factor_added: 'removes this factor and the recovery codes that came with it',
}

const notices: Readonly<Record<NoticeEvent, readonly [subject: string, sentence: string]>> = {
  address_changed: [
    'Your e-mail address is being changed',
    `Another e-mail address was entered for your account at ${productName}. It takes effect when it is confirmed.`,
  ],
  password_set: [
    'Your password was set',
    `The password of your account at ${productName} was set.`,
  ],
  password_reset: [
    'Your password was reset',
    `A new password was chosen for your account at ${productName} with a link from a mail.`,
  ],
  factor_added: [
    'A second factor was added',
    `A second factor was added to your account at ${productName}.`,
  ],
  factor_removed: [
    'A second factor was removed',
    `A second factor was removed from your account at ${productName}.`,
  ],
  recovery_codes_made: [
    'New recovery codes were made',
    `New recovery codes were made for your account at ${productName}. The old ones are void.`,
  ],
  recovery_code_used: [
    'A recovery code was used',
    `A recovery code of your account at ${productName} was used.`,
  ],
  key_made: ['An API key was made', `An API key was made for your account at ${productName}.`],
  renamed: [
    'Your account was renamed',
    `Your account at ${productName} now has a different username.`,
  ],
  deleted: ['Your account was deleted', `Your account at ${productName} was deleted.`],
}

/** The mail as plain text. */
export function asText({ paragraphs, link }: Words): string {
  const [first = '', ...rest] = paragraphs
  return [first, ...(link ? [link] : []), ...rest].join('\n\n')
}

/** The mail as HTML: nothing is loaded from anywhere. */
export function asHtml({ paragraphs, link }: Words): string {
  const [first = '', ...rest] = paragraphs.map((text) => `<p>${escaped(text)}</p>`)
  const anchor = link && `<p><a href="${escaped(link)}">${escaped(link)}</a></p>`
  return `<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5;max-width:36em">${[first, anchor ?? '', ...rest].join('')}</body></html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

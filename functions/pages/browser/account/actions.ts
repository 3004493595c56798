import type { Field } from '../form.ts'

/** What a link of a mail is for. */
export interface LinkAction {
  readonly title: string
  /** What happens when the button is pressed, said before it. */
  readonly explanation: string
  readonly button: string
  readonly path: `/${string}`
  /** What has to be typed, sent beside the token. */
  readonly fields?: readonly Field[]
  readonly done: { readonly title: string; readonly text: string }
  /** What to do where the link does not work. */
  readonly instead: string
}

const undo = {
  title: 'Undo the change',
  button: 'Undo the change',
  path: '/undo',
  done: {
    title: 'The change is undone',
    text: 'Everybody was signed out. Check your mailbox: the next mail lets you choose a new password.',
  },
  instead: 'If you cannot sign in, ask for a password reset, or contact whoever runs this service.',
} as const
const always =
  'All sessions and API keys end, and another mail lets you choose a new password. If it was you, close this page.'

/** By what the link undoes, as the mail says; a link that does not say it works as well. */
export const undoActions: Readonly<Record<string, LinkAction>> = {
  address_changed: {
    ...undo,
    explanation: `If you did not change the address of your account, undo it: this address is restored, and second factors that were added since, or in the week before, are removed. ${always}`,
  },
  factor_added: {
    ...undo,
    title: 'Remove the second factor',
    button: 'Remove the factor',
    explanation: `If you did not add this second factor, remove it together with its recovery codes. ${always}`,
    done: { ...undo.done, title: 'The second factor is removed' },
  },
}

/** By the name in the link's fragment. */
export const actions: Readonly<Record<string, LinkAction>> = {
  verify: {
    title: 'Confirm your e-mail address',
    explanation:
      'If you asked for this, confirm that the address belongs to this account. If you did not, close this page: nothing changes.',
    button: 'Confirm address',
    path: '/email/verify',
    done: {
      title: 'Your address is confirmed',
      text: 'You can close this page. From now on you can sign in and reset your password with this address.',
    },
    instead: 'To get a new link, set the address of your account again.',
  },
  reset: {
    title: 'Choose a new password',
    explanation:
      'You will be signed out everywhere, and all your API keys end. Then sign in with the new password.',
    button: 'Change password',
    path: '/password/reset',
    fields: [
      {
        name: 'newPassword',
        label: 'New password',
        input: { type: 'password', autocomplete: 'new-password' },
      },
    ],
    done: {
      title: 'Your password is changed',
      text: 'You were signed out everywhere. Close this page and sign in with the new password.',
    },
    instead: 'To get a new link, ask for a password reset again.',
  },
  undo: { ...undo, explanation: `If you did not make the change, undo it. ${always}` },
}

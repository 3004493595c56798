import { byId, element } from '../element.ts'
import { type Action, type Field, form } from '../form.ts'
import * as account from './session.ts'

const dialog = byId('dialog') as HTMLDialogElement

const code = {
  name: 'code',
  label: 'Code of your authenticator app, or a recovery code',
  input: { autocomplete: 'one-time-code', autocapitalize: 'off', spellcheck: 'false' },
}

const password = {
  name: 'password',
  label: 'Password',
  input: { type: 'password', autocomplete: 'current-password' },
}

/** The one place to sign in. */
export function askToSignIn(): void {
  const username = {
    name: 'username',
    label: 'Username',
    input: { autocomplete: 'username', autocapitalize: 'off', spellcheck: 'false' },
  }
  const signIn = async (values: Readonly<Record<string, string>>) => {
    const { username = '', password = '' } = values
    const challenge = await account.signIn(username, password)
    if (challenge) askForCode(username, challenge)
    else dialog.close()
  }
  const signUp = async (values: Readonly<Record<string, string>>) => {
    await account.signUp(values.username ?? '', values.password ?? '')
    await signIn(values)
  }
  ask(
    'Sign in',
    [username, password],
    [
      { label: 'Sign in', run: signIn },
      { label: 'Create account', run: signUp },
    ],
    element('details', {}, element('summary', {}, 'Use a token or an API key'), tokenForm()),
  )
}

function tokenForm(): HTMLElement {
  const token = {
    name: 'token',
    label: 'Access token or API key',
    input: { autocomplete: 'off', spellcheck: 'false' },
  }
  const run = async ({ token = '' }) => {
    const name = token.startsWith('pk_') ? 'an API key' : 'a token'
    account.begin({ name, token: token.trim() })
    dialog.close()
  }
  return form([token], [{ label: 'Use it', run }])
}

function askForCode(username: string, challenge: string): void {
  const run = async ({ code = '' }) => {
    await account.answerChallenge(username, challenge, code)
    dialog.close()
  }
  ask('Second factor', [code], [{ label: 'Sign in', run }])
}

/** For what only a fresh session may do. */
export function askToConfirm(then: () => void): void {
  const field = account.session()?.factor ? code : password
  const run = async (values: Readonly<Record<string, string>>) => {
    await account.reauthenticate(values[field.name] ?? '')
    dialog.close()
    then()
  }
  ask('Confirm that it is you', [field], [{ label: 'Confirm', run }])
}

function ask(
  title: string,
  fields: readonly Field[],
  actions: readonly Action[],
  more?: HTMLElement,
): void {
  const close = element('button', { class: 'close', 'aria-label': 'Close', click }, '×')
  const heading = element('h2', { id: 'dialog-title' }, title)
  dialog.replaceChildren(element('header', {}, heading, close), form(fields, actions), more ?? '')
  if (!dialog.open) dialog.showModal()
  dialog.querySelector('input')?.focus()

  function click() {
    dialog.close()
  }
}

import { productName } from '../../../resources/product.ts'
import { type ApiError, post } from '../api.ts'
import { byId, element } from '../element.ts'
import { form } from '../form.ts'
import { actions, type LinkAction, undoActions } from './actions.ts'

const main = byId('main')

addEventListener('hashchange', begin)
begin()

/** The token leaves the address at once, and is kept nowhere but in the form that sends it. */
function begin(): void {
  const link = new URLSearchParams(location.hash.slice(1))
  if (link.size === 0 && main.querySelector('h1')) return
  history.replaceState(null, '', location.pathname)
  const name = link.get('action') ?? ''
  const of = link.get('of') ?? ''
  const action = name === 'undo' ? (own(undoActions, of) ?? actions.undo) : own(actions, name)
  const token = link.get('token')
  if (action && token) ask(action, token, link.get('account'))
  else say('This link is not complete', 'Open the link in the mail again, or copy all of it.')
}

function own(known: Readonly<Record<string, LinkAction>>, name: string): LinkAction | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined
}

/** Opening a link changes nothing: mail scanners open links too. */
function ask(action: LinkAction, token: string, account: string | null): void {
  const username = { readonly: true, value: account ?? '', autocomplete: 'username' }
  const whose = account ? [{ label: 'Account', input: username }] : []
  const run = async (values: Readonly<Record<string, string>>) => {
    try {
      await post(action.path, { token, ...values })
      say(action.done.title, action.done.text)
    } catch (error) {
      const refusal = refusalOf(action, error as ApiError)
      if (!refusal) throw error
      say(...refusal)
    }
  }
  show(
    action.title,
    element('p', {}, action.explanation),
    form([...whose, ...(action.fields ?? [])], [{ label: action.button, run }]),
  )
}

/** What to say where another try is of no use. */
function refusalOf(
  action: LinkAction,
  { problem }: ApiError,
): [title: string, text: string] | undefined {
  switch (problem.code) {
    case 'invalid_link':
      return [
        'This link no longer works',
        `It was used, has expired, or the account has changed since. ${action.instead}`,
      ]
    case 'email_taken':
      return [
        'This address belongs to another account',
        'Somebody confirmed it first. Use another address for this account.',
      ]
    default:
      return undefined
  }
}

function say(title: string, text: string): void {
  show(title, element('p', {}, text))
}

function show(title: string, ...content: readonly Node[]): void {
  const heading = element('h1', { tabindex: -1 }, title)
  main.replaceChildren(heading, ...content)
  document.title = `${title} · ${productName}`
  heading.focus()
}

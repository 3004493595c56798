import { element } from '../element.ts'
import { answerView } from './answer.ts'
import type { Api, Operation } from './document.ts'
import { bodyInput, parameterInput } from './inputs.ts'
import { codeBlock, copyButton } from './json-view.ts'
import { learn, remember, suggestions } from './known-values.ts'
import { curl, inputName, prepare, type Typed } from './request.ts'
import { onSession, send, session } from './session.ts'
import { askToConfirm, askToSignIn } from './sign-in.ts'

export interface View {
  readonly element: HTMLElement
  /** To be called whenever it comes into view. */
  onShow(): void
}

/** The form that calls an operation, and what came of it. */
export function tryIt(api: Api, operation: Operation): View {
  const { body, parameters, scopes } = operation
  const authorized = scopes !== undefined
  const answer = element('div', { class: 'answer', 'aria-live': 'polite' })
  const command = element('div', { class: 'command' })
  const sendButton = element('button', { class: 'main' }, 'Send')
  const signInHint = button('Sign in first', askToSignIn)
  const form = element(
    'form',
    { method: 'post', submit, input: showCommand },
    ...parameters.map(parameterInput),
    body && bodyInput(body.schema),
    element('div', { class: 'actions' }, sendButton, signInHint),
  )
  const showSession = () => {
    signInHint.hidden = !authorized || session() !== undefined
  }
  showSession()
  onSession(showSession)
  const heading = element('h2', {}, 'Try it')
  return { element: element('section', { class: 'try' }, heading, form, answer, command), onShow }

  function typed(): Typed {
    return Object.fromEntries(new FormData(form)) as Record<string, string>
  }

  function type(name: string, value: string) {
    const input = form.elements.namedItem(name) as HTMLInputElement | null
    if (input) input.value = value
  }

  function onShow() {
    for (const [name, value] of Object.entries(suggestions(operation)))
      if (value && !typed()[name]) type(name, value)
    showCommand()
  }

  function showCommand() {
    const text = curl(prepare(operation, typed()), authorized)
    const copy = copyButton(text)
    command.replaceChildren(
      element('header', {}, element('h3', {}, 'curl'), copy),
      codeBlock(text, 'This request as a curl command'),
    )
  }

  async function submit(event: Event) {
    event.preventDefault()
    sendButton.disabled = true
    remember(operation, typed())
    const { url, init } = prepare(operation, typed())
    const began = performance.now()
    try {
      const response = await send(url, init, authorized)
      const text = await response.text()
      const milliseconds = Math.round(performance.now() - began)
      const content = parsed(text)
      if (response.ok) learn(api.operations, operation, content)
      answer.replaceChildren(
        ...answerView({ response, text, content, milliseconds }),
        ...nextSteps(content),
      )
    } catch {
      const fault = element('p', { class: 'fault' }, 'No answer: the API cannot be reached.')
      answer.replaceChildren(fault)
    } finally {
      sendButton.disabled = false
    }
  }

  /** What an answer asks for: its next page, or a proof of who calls. */
  function nextSteps(content: unknown): HTMLElement[] {
    const { nextCursor, code } = (content ?? {}) as { nextCursor?: unknown; code?: unknown }
    const again = () => form.requestSubmit()
    if (typeof nextCursor === 'string')
      return [
        button('Next page', () => {
          type(inputName({ in: 'query', name: 'cursor' }), nextCursor)
          showCommand()
          again()
        }),
      ]
    const confirmable = code === 'reauthentication_required' && session()?.refreshToken
    return confirmable ? [button('Confirm that it is you', () => askToConfirm(again))] : []
  }
}

function button(label: string, click: () => void): HTMLElement {
  return element('button', { type: 'button', class: 'other', click }, label)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

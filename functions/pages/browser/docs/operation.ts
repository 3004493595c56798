import { covers } from '../../../model/covers.ts'
import { element } from '../element.ts'
import { statusBadge } from './answer.ts'
import type { Answer, Api, Operation } from './document.ts'
import { fieldList, noteOn, row } from './field-list.ts'
import { markdown } from './markdown.ts'
import { typeText } from './schema.ts'
import { onSession, session } from './session.ts'
import { tryIt, type View } from './try-it.ts'

/** An operation: what it takes and answers, and a form that calls it. */
export function operationView(api: Api, operation: Operation): View {
  const { method, path, summary, description, parameters, body, answers } = operation
  const failed = answers.filter(([status]) => Number(status) >= 400)
  const trial = tryIt(api, operation)
  const view = element(
    'article',
    { class: 'operation' },
    element('a', { class: 'back', href: '#main' }, 'All operations'),
    element('h1', { tabindex: -1 }, summary),
    element('p', { class: 'address' }, methodBadge(method), element('code', {}, path)),
    element('div', { class: 'description' }, ...markdown(description), access(operation)),
    trial.element,
    element(
      'div',
      { class: 'reference' },
      ...(parameters.length > 0 ? [element('h2', {}, 'Parameters'), parameterList(operation)] : []),
      ...(body
        ? [element('h2', {}, 'Body'), element('p', { class: 'muted' }, body.mediaType)]
        : []),
      body && fieldList(body.schema, 'sent'),
      element('h2', {}, 'Answers'),
      ...answers.filter((answer) => !failed.includes(answer)).map(answerDetails),
      failed.length > 0 && failures(failed),
    ),
  )
  return { element: view, onShow: trial.onShow }
}

export function methodBadge(method: string): HTMLElement {
  return element('span', { class: `method ${method.toLowerCase()}` }, method)
}

/** Whether the present session may call it. */
function access({ scopes }: Operation): HTMLElement | undefined {
  if (scopes === undefined) return undefined
  const note = element('p', { class: 'access' })
  const show = () => {
    const known = session()?.scopes
    const held = new Set(known)
    const missing = known && scopes.filter((scope) => !covers(held, scope))
    note.hidden = !missing
    note.textContent = missing?.length
      ? 'Your session cannot call this operation.'
      : 'Your session can call this operation.'
    note.classList.toggle('refused', Boolean(missing?.length))
  }
  show()
  onSession(show)
  return note
}

function parameterList({ parameters }: Operation): HTMLElement {
  return element(
    'ul',
    { class: 'fields' },
    ...parameters.map(({ name, schema, required = false, description }) =>
      element('li', {}, row(name, schema, noteOn(required, 'sent'), description)),
    ),
  )
}

function answerDetails([status, answer]: readonly [string, Answer]): HTMLElement {
  const [[mediaType, { schema = {} }] = [undefined, {}]] = Object.entries(answer.content ?? {})
  const headers = Object.keys(answer.headers ?? {})
  return element(
    'details',
    { open: mediaType !== undefined },
    element('summary', {}, statusBadge(status), ` ${answer.description}`),
    mediaType && element('p', { class: 'muted' }, `${mediaType}: ${typeText(schema)}`),
    mediaType && fieldList(schema, 'answered'),
    headers.length > 0 && element('p', { class: 'muted' }, `Headers: ${headers.join(', ')}`),
  )
}

function failures(failed: Operation['answers']): HTMLElement {
  return element(
    'details',
    {},
    element('summary', {}, ...failed.flatMap(([status]) => [statusBadge(status), ' '])),
    ...failed.map(([status, { description }]) =>
      element(
        'div',
        { class: 'failure' },
        statusBadge(status),
        element('div', {}, ...markdown(description)),
      ),
    ),
  )
}

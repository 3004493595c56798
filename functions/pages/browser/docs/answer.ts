import { element } from '../element.ts'
import { codeBlock, copyButton } from './json-view.ts'

interface Answered {
  readonly response: Response
  readonly text: string
  /** The text as JSON, where it is JSON. */
  readonly content: unknown
  readonly milliseconds: number
}

/** An answer as it came. */
export function answerView({ response, text, content, milliseconds }: Answered): HTMLElement[] {
  const { status, statusText, headers } = response
  const shown = content === undefined ? text : JSON.stringify(content, null, 2)
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  return [
    element(
      'header',
      {},
      statusBadge(status),
      element(
        'span',
        { class: 'muted' },
        [statusText, `${milliseconds} ms`].filter(Boolean).join(' · '),
      ),
      shown ? copyButton(shown) : undefined,
    ),
    shown ? codeBlock(shown, 'Body of the answer') : element('p', { class: 'muted' }, 'No body.'),
    element(
      'details',
      {},
      element('summary', {}, 'Headers of the answer'),
      codeBlock(lines, 'Headers of the answer'),
    ),
  ]
}

export function statusBadge(status: number | string): HTMLElement {
  return element('span', { class: `status s${String(status)[0]}` }, String(status))
}

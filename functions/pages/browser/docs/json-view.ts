import { element } from '../element.ts'

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Longer texts are shown in part. */
const mostShown = 200_000

/** Shows a text; the parts of JSON are told apart. */
export function codeBlock(text: string, label: string): HTMLElement {
  const block = element('pre', { tabindex: 0, role: 'region', 'aria-label': label })
  let end = 0
  const visible = text.slice(0, mostShown)
  if (/^\s*[[{]/.test(visible))
    for (const match of visible.matchAll(token)) {
      const [whole, text, colon] = match
      const kind = text === undefined ? 'literal' : colon === undefined ? 'text' : 'key'
      block.append(visible.slice(end, match.index))
      block.append(element('span', { class: kind }, text ?? whole), colon ?? '')
      end = match.index + whole.length
    }
  block.append(visible.slice(end), text.length > mostShown ? '\n…' : '')
  return block
}

/** A button beside what is worth copying. */
export function copyButton(text: string, label = 'Copy'): HTMLElement {
  const button = element('button', { type: 'button', class: 'small', click }, label)
  return button

  async function click() {
    await navigator.clipboard.writeText(text)
    button.textContent = 'Copied'
  }
}

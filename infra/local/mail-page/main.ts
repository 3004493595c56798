import { byId, element } from '../../../functions/pages/browser/element.ts'
import type { Mail } from '../aws/mail.ts'

type Part = 'Text' | 'HTML'

const [list, count, message] = ['list', 'count', 'message'].map(byId) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
]

let mails: readonly Mail[] = []
let chosen: string | undefined
let preferred: Part = 'Text'
let seen = ''

refresh()
setInterval(() => document.hidden || refresh(), 1500)
document.addEventListener('visibilitychange', refresh)

async function refresh(): Promise<void> {
  const answer = await fetch('/local/mail.json').catch(() => undefined)
  const text = await answer?.text().catch(() => undefined)
  if (!text || text === seen) return
  seen = text
  mails = JSON.parse(text)
  show()
}

function show(): void {
  const mail = mails.find((one) => idOf(one) === chosen) ?? mails[0]
  list.replaceChildren(...mails.map((one) => entry(one, one === mail)))
  count.textContent = mails.length === 1 ? '1 mail' : `${mails.length} mails`
  message.replaceChildren(...(mail ? content(mail) : [nothing()]))
}

function idOf({ sentAt, to, subject }: Mail): string {
  return JSON.stringify([sentAt, to, subject])
}

function entry(mail: Mail, current: boolean): HTMLElement {
  const click = () => {
    chosen = idOf(mail)
    show()
  }
  return element(
    'button',
    { click, 'aria-current': current && 'true' },
    element('b', {}, mail.subject),
    element('span', { class: 'muted' }, `${mail.to} · ${timeOf(mail)}`),
  )
}

function content(mail: Mail): HTMLElement[] {
  const parts: readonly Part[] = mail.html === undefined ? ['Text'] : ['Text', 'HTML']
  const part = parts.includes(preferred) ? preferred : 'Text'
  const fields = Object.entries({ From: mail.from, To: mail.to, Sent: timeOf(mail) })
  return [
    element('h2', {}, mail.subject),
    element(
      'dl',
      {},
      ...fields.flatMap(([name, value]) => [
        element('dt', { class: 'muted' }, name),
        element('dd', {}, value),
      ]),
    ),
    element('div', { class: 'parts' }, ...parts.map((name) => partButton(name, name === part))),
    part === 'HTML' ? frame(mail.html ?? '') : element('pre', {}, ...linked(mail.text)),
  ]
}

function partButton(name: Part, pressed: boolean): HTMLElement {
  const click = () => {
    preferred = name
    show()
  }
  return element('button', { class: 'small', 'aria-pressed': String(pressed), click }, name)
}

/** Without rights, but for opening links. */
function frame(html: string): HTMLElement {
  return element('iframe', {
    title: 'The mail as HTML',
    sandbox: 'allow-popups allow-popups-to-escape-sandbox',
    srcdoc: `<base target="_blank">${html}`,
  })
}

function linked(text: string): (Node | string)[] {
  const pieces = text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)
  return pieces.map((piece, index) =>
    index % 2 === 0
      ? piece
      : element('a', { href: piece, target: '_blank', rel: 'noopener' }, piece),
  )
}

function timeOf({ sentAt }: Mail): string {
  return new Date(sentAt).toLocaleString()
}

function nothing(): HTMLElement {
  const text = 'No mail yet. What the local stack sends appears here at once.'
  return element('p', { class: 'empty muted' }, text)
}

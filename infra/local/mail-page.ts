import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; --line: light-dark(#e3e5ea, #2c313a); --dim: light-dark(#667085, #98a2b3);
  --ground: light-dark(#f7f8fa, #14171c); --paper: light-dark(#fff, #1b1f26); --ink: light-dark(#1a1d23, #e6e8ec);
  --accent: light-dark(#1d5fd1, #7eb0ff); --chosen: light-dark(#eaf1fe, #24344d) }
* { box-sizing: border-box }
body { margin: 0; height: 100dvh; display: grid; grid-template: auto 1fr / minmax(16rem, 24rem) 1fr;
  font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
header { grid-column: 1 / -1; padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); display: flex; gap: .75rem; align-items: baseline }
h1 { font-size: 1.05rem; margin: 0 } header p { margin: 0; color: var(--dim) }
nav { overflow: auto; border-right: 1px solid var(--line); background: var(--paper) }
nav button { display: block; width: 100%; text-align: left; font: inherit; color: inherit; padding: .7rem 1.25rem; border: 0;
  border-bottom: 1px solid var(--line); background: none; cursor: pointer }
nav button[aria-current] { background: var(--chosen) }
nav b, nav span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
nav span, dt { color: var(--dim); font-size: .87rem }
main { overflow: auto; padding: 1.25rem clamp(1.25rem, 4vw, 3rem); display: flex; flex-direction: column; gap: 1rem; min-width: 0 }
h2 { margin: 0; font-size: 1.35rem; overflow-wrap: anywhere }
dl { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem } dd { margin: 0; overflow-wrap: anywhere }
[role=tablist] { display: flex; gap: .25rem; border-bottom: 1px solid var(--line) }
[role=tab] { font: inherit; color: var(--dim); background: none; border: 0; padding: .4rem .8rem; cursor: pointer; border-bottom: 2px solid transparent }
[role=tab][aria-selected=true] { color: var(--ink); border-color: var(--accent) }
pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 72ch }
a { color: var(--accent) } .empty { margin: auto; color: var(--dim); text-align: center }
iframe { flex: 1; min-height: 20rem; width: 100%; border: 1px solid var(--line); border-radius: 6px; background: #fff; color-scheme: light }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px }
@media (max-width: 44rem) { body { grid-template: auto minmax(0, 40%) 1fr / 1fr } nav { border-right: 0; border-bottom: 1px solid var(--line) } }
`

/** Shows what /local/mail.json answers. Mails are put in as text, HTML in a frame without rights. */
const script = `
const [list, message] = [document.querySelector('nav'), document.querySelector('main')]
let mails = [], chosen, part, seen = ''
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}
const nameOf = (mail) => mail.sentAt + mail.to + mail.subject
const time = (mail) => new Date(mail.sentAt).toLocaleString()
const withLinks = (text) => text.split(/(https?:\\/\\/[^\\s<>"]+[^\\s<>".,;:!?)])/).map((piece, index) =>
  index % 2 ? element('a', { href: piece, target: '_blank', rel: 'noopener', textContent: piece }) : piece)
const bodyOf = (mail) => part === 'HTML' && mail.html !== undefined
  ? element('iframe', { title: 'The mail as HTML', sandbox: 'allow-popups allow-popups-to-escape-sandbox', srcdoc: '<base target="_blank">' + mail.html })
  : element('pre', {}, ...withLinks(mail.text))
function show() {
  const mail = mails.find((one) => nameOf(one) === chosen) ?? mails[0]
  list.replaceChildren(...mails.map((one) => {
    const button = element('button', { onclick: () => { chosen = nameOf(one); show() } },
      element('b', { textContent: one.subject }), element('span', { textContent: one.to + ' · ' + time(one) }))
    if (one === mail) button.ariaCurrent = 'true'
    return button
  }))
  document.querySelector('header p').textContent = mails.length === 1 ? '1 mail' : mails.length + ' mails'
  if (!mail) return message.replaceChildren(element('p', { className: 'empty', textContent: 'No mail yet. What the local stack sends appears here at once.' }))
  const parts = mail.html === undefined ? ['Text'] : ['Text', 'HTML']
  const tabs = parts.map((name) => element('button', { role: 'tab', ariaSelected: String(name === (parts.includes(part) ? part : 'Text')), textContent: name, onclick: () => { part = name; show() } }))
  const field = (name, value) => [element('dt', { textContent: name }), element('dd', { textContent: value })]
  message.replaceChildren(element('h2', { textContent: mail.subject }),
    element('dl', {}, ...field('From', mail.from), ...field('To', mail.to), ...field('Sent', time(mail))),
    element('div', { role: 'tablist' }, ...tabs), bodyOf(mail))
}
async function refresh() {
  try {
    const text = await (await fetch('/local/mail.json')).text()
    if (text !== seen) { seen = text; mails = JSON.parse(text); show() }
  } catch {}
}
refresh()
setInterval(() => { if (!document.hidden) refresh() }, 1500)
document.addEventListener('visibilitychange', refresh)
`

export const mailPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Mail – local stack</title>
<style>${style}</style>
<header><h1>Mail</h1><p></p></header>
<nav aria-label="Mails"></nav>
<main></main>
<script>${script}</script>
</html>
`

const digest = createHash('sha256').update(script).digest('base64')

/** Nothing but this page's own script runs, whatever a mail has in it. */
export const mailPageSecurity = {
  'Content-Security-Policy': `default-src 'none'; script-src 'sha256-${digest}'; style-src 'unsafe-inline'; img-src https: data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Referrer-Policy': 'no-referrer',
}

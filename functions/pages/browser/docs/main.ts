import { base } from '../api.ts'
import { byId, element } from '../element.ts'
import { type Api, readApi } from './document.ts'
import { codeBlock, copyButton } from './json-view.ts'
import { markdown } from './markdown.ts'
import { navigation } from './navigation.ts'
import { operationView } from './operation.ts'
import { onSession, session, signOut } from './session.ts'
import { askToSignIn } from './sign-in.ts'
import type { View } from './try-it.ts'

const main = byId('main')

byId('sign-in').addEventListener('click', askToSignIn)
byId('sign-out').addEventListener('click', signOut)
onSession(() => {
  const current = session()
  byId('sign-in').hidden = current !== undefined
  byId('signed-in').hidden = current === undefined
  byId('who').textContent = current?.name ?? ''
  byId('token').replaceChildren(current ? copyButton(current.token, 'Copy token') : '')
})

readApi().then(start, () => {
  main.replaceChildren(
    element('p', { class: 'fault' }, 'openapi.json could not be loaded. Reload the page.'),
  )
})

function start(api: Api) {
  const views = new Map<string, View>()
  const { select } = navigation(api, () => document.body.classList.remove('reading'))
  addEventListener('hashchange', show)
  show()

  /** The operation that the fragment names, or the beginning. */
  function show() {
    const id = location.hash.slice(1)
    const operation = api.operations.find((each) => each.id === id)
    const view = views.get(id) ?? (operation ? operationView(api, operation) : home(api))
    views.set(operation ? id : '', view)
    document.title = operation ? `${operation.summary} · ${api.title}` : `${api.title} API`
    document.body.classList.toggle('reading', operation !== undefined)
    select(operation)
    main.replaceChildren(view.element)
    view.onShow()
    scrollTo(0, 0)
    if (operation) view.element.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }
}

function home({ title, version, summary, description }: Api): View {
  const link = (label: string, path: string) => element('a', { href: base + path }, label)
  const command = [
    `TOKEN=$(curl -s -X POST -u USERNAME '${base}/api/v1/auth/login' |`,
    '  jq -r .access_token)',
  ].join('\n')
  const view = element(
    'article',
    { class: 'home' },
    element('h1', {}, title, element('span', { class: 'version' }, version)),
    element('p', { class: 'lead' }, summary),
    element('p', { class: 'address' }, element('code', {}, base), copyButton(base)),
    ...markdown(description),
    element('p', {}, link('openapi.json', '/api/v1/openapi.json')),
    element('header', {}, element('h2', {}, 'A token for the shell'), copyButton(command)),
    codeBlock(command, 'A command that gets a token'),
  )
  return { element: view, onShow() {} }
}

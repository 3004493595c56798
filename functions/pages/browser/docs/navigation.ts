import { byId, element } from '../element.ts'
import type { Api, Operation } from './document.ts'
import { methodBadge } from './operation.ts'

const search = byId('search') as HTMLInputElement
const phone = matchMedia('(max-width: 50rem)')

/**
 * The list of all operations, and the search that narrows it.
 * @param searched called when somebody begins to search: on a phone the list is a page of its own
 */
export function navigation(api: Api, searched: () => void) {
  const nothing = element('p', { class: 'muted', hidden: true }, 'Nothing found.')
  const groups = api.tags.map(({ name }) => group(name, api.operations))
  byId('operations').replaceChildren(...groups.map((each) => each.details), nothing)
  const links = groups.flatMap((each) => each.links)

  search.addEventListener('input', () => {
    searched()
    filter()
  })
  search.addEventListener('keydown', ({ key }) => {
    if (key === 'Enter') links.find(({ item }) => !item.hidden)?.link.click()
    if (key === 'Escape') search.value = ''
    if (key === 'Escape') filter()
  })
  document.addEventListener('keydown', (event) => {
    const { key, target } = event
    const typing = target instanceof Element && target.matches('input, textarea, select')
    if (typing || !(key === '/' || (key === 'k' && (event.ctrlKey || event.metaKey)))) return
    event.preventDefault()
    search.focus()
  })
  return { select }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    for (const { item, text } of links) item.hidden = !words.every((word) => text.includes(word))
    for (const { details, links } of groups) {
      details.hidden = links.every(({ item }) => item.hidden)
      details.open =
        words.length > 0 || !phone.matches || details.querySelector('[aria-current]') !== null
    }
    nothing.hidden = links.some(({ item }) => !item.hidden)
  }

  function select(operation: Operation | undefined) {
    for (const { link, id } of links) {
      if (id !== operation?.id) link.removeAttribute('aria-current')
      else {
        link.setAttribute('aria-current', 'page')
        const group = link.closest('details')
        if (group) group.open = true
        link.scrollIntoView({ block: 'nearest' })
      }
    }
  }
}

function group(name: string, operations: readonly Operation[]) {
  const links = operations
    .filter(({ tag }) => tag === name)
    .map(({ id, method, path, summary, description }) => {
      const text = [id, method, path, name, summary, description].join(' ').toLowerCase()
      const href = `#${id}`
      const link = element(
        'a',
        { href, title: path },
        methodBadge(method),
        element('span', {}, summary),
      )
      return { id, link, text, item: element('li', {}, link) }
    })
  const details = element(
    'details',
    { open: !phone.matches },
    element('summary', {}, name, element('span', { class: 'count' }, String(links.length))),
    element('ul', {}, ...links.map(({ item }) => item)),
  )
  return { name, details, links }
}

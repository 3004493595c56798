import { element } from '../element.ts'

/** The few things of Markdown that the document uses: paragraphs, lists, code, links, bold. */
export function markdown(text: string): HTMLElement[] {
  return text.split(/\n{2,}/).map((block) => {
    if (!/^[-*] /.test(block)) return element('p', {}, ...inline(block))
    const items = block.split(/\n(?=[-*] )/).map((item) => inline(item.slice(2)))
    return element('ul', {}, ...items.map((item) => element('li', {}, ...item)))
  })
}

export function inline(text: string): (Node | string)[] {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\((?:https?:\/\/|\/)[^)\s]+\))/)
  return parts.map((part, index) => {
    if (index % 2 === 0) return part
    if (part.startsWith('`')) return element('code', {}, part.slice(1, -1))
    if (part.startsWith('**')) return element('strong', {}, part.slice(2, -2))
    const [, label = '', href = ''] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? []
    return element('a', { href, rel: 'noreferrer' }, label)
  })
}

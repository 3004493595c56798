import { base } from '../api.ts'
import type { Operation, Parameter } from './document.ts'

/** What somebody typed, by the names of the inputs. */
export type Typed = Readonly<Record<string, string>>

export interface Prepared {
  readonly url: string
  readonly init: RequestInit & { readonly headers: Readonly<Record<string, string>> }
}

export function inputName({ in: place, name }: Pick<Parameter, 'in' | 'name'>): string {
  return `${place}.${name}`
}

/** The request that an operation and what was typed for it amount to; empty inputs are left out. */
export function prepare({ method, path, parameters, body }: Operation, typed: Typed): Prepared {
  const given = (place: Parameter['in']) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map((parameter) => [parameter.name, typed[inputName(parameter)] ?? ''] as const)
      .filter(([, value]) => value !== '')
  const pathValues = Object.fromEntries(given('path'))
  const filled = path.replace(/\{(\w+)\}/g, (whole, name: string) =>
    pathValues[name] === undefined ? whole : encodeURIComponent(pathValues[name]),
  )
  const query = new URLSearchParams(given('query').map(([name, value]) => [name, value])).toString()
  const text = typed.body ?? ''
  const hasBody = body !== undefined && text.trim() !== ''
  return {
    url: `${base}${filled}${query && `?${query}`}`,
    init: {
      method,
      headers: {
        ...Object.fromEntries(given('header')),
        ...(hasBody && { 'Content-Type': body.mediaType }),
      },
      ...(hasBody && { body: encoded(text, body.mediaType) }),
    },
  }
}

/** Forms are typed as JSON too. */
function encoded(text: string, mediaType: string): string {
  if (!mediaType.includes('form-urlencoded')) return text
  try {
    return new URLSearchParams(JSON.parse(text)).toString()
  } catch {
    return text
  }
}

/** For a shell whose `TOKEN` holds the token. */
export function curl({ url, init }: Prepared, authorized: boolean): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const { method = 'GET', headers, body } = init
  return [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quote(url)}`,
    ...(authorized ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(typeof body === 'string' ? [`-d ${quote(body)}`] : []),
  ].join(' \\\n  ')
}

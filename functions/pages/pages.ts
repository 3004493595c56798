import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressed } from '../http/compressed.ts'
import type { Reply } from '../http/replies.ts'
import type { Request } from '../http/request.ts'
import type { PageName } from './build.ts'
import { policies } from './policies.static.ts'

const read = new Map<PageName, Buffer>()

/** Serves a page, the file beside the bundle: read once in the life of an instance, when asked. */
export function page(name: PageName): (request: Request) => Reply {
  return (request) => {
    const content = read.get(name) ?? readFileSync(join(import.meta.dirname, `${name}.html.gz`))
    read.set(name, content)
    return compressed(request, content, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policies[name],
    })
  }
}

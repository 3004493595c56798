import type { ForeignExport } from './foreign.ts'

/**
 * Lines of a name and a hash. bcrypt is what `htpasswd -B` writes.
 *
 * @see https://httpd.apache.org/docs/current/misc/password_encryptions.html
 */
export function fromHtpasswd(text: string): ForeignExport {
  const users = text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [name, hash] = line.split(':')
    return [{ where: `line ${index + 1}`, name: name?.trim(), hash: hash?.trim() }]
  })
  return { users, notes: [] }
}

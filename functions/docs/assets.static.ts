import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { docsFiles } from './files.ts'

interface Asset {
  /** The file beside the bundle, compressed with gzip. */
  readonly file: string
  readonly mediaType: string
}

const files = docsFiles()

/** What the page loads, by the name in the URL; evaluated when the functions are bundled. */
export const assets: Readonly<Record<string, Asset>> = Object.fromEntries(
  files.map(({ name, hashedName, mediaType }) => [hashedName, { file: `${name}.gz`, mediaType }]),
)

/** The page, each file under its hashed name. */
export const page: string = files.reduce(
  (html, { name, hashedName }) => html.replace(`"docs/${name}"`, `"docs/${hashedName}"`),
  readFileSync(join(import.meta.dirname, 'page.html'), 'utf8'),
)

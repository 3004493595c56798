import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { productName } from '../resources/product.ts'

export const pageNames = ['account', 'docs'] as const
export type PageName = (typeof pageNames)[number]

interface Page {
  /** All of it: styles, script and icon are in the page, which asks for no other file. */
  readonly html: string
  readonly policy: string
}

const browser = join(import.meta.dirname, 'browser')

const built: Partial<Record<PageName, Promise<Page>>> = {}

/** Makes a page from its folder in `browser/`, once; when the functions are bundled, never by them. */
export function buildPage(name: PageName): Promise<Page> {
  built[name] ??= make(name)
  return built[name]
}

async function make(name: PageName): Promise<Page> {
  const { html, scriptHash, styleHash } = await htmlOf(join(browser, name))
  return { html, policy: policyFor(scriptHash, styleHash) }
}

/** One file, made of a folder's page.html, page.css, main.ts, the icon and the product's name. */
export async function htmlOf(folder: string) {
  const files = [join(folder, 'main.ts'), join(folder, 'page.css')] as const
  const [script = '', style = ''] = await Promise.all(files.map(bundled))
  const icon = readFileSync(join(browser, 'icon.svg'), 'utf8').replaceAll(/\n\s*/g, '')
  const html = readFileSync(join(folder, 'page.html'), 'utf8')
    .replaceAll('%productName%', () => escaped(productName))
    .replaceAll('"icon.svg"', `"data:image/svg+xml,${encodeURIComponent(icon)}"`)
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script type="module">', () => `<script type="module">${script}`)
  return { html, scriptHash: hashOf(script), styleHash: hashOf(style) }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** esbuild leaves no `</script` or `</style` in what it writes. */
async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
  })
  return outputFiles[0]?.text.trim() ?? ''
}

/**
 * Allows this script, this style and the API beside the page; nothing else, and no markup made of
 * text.
 */
function policyFor(scriptHash: string, styleHash: string): string {
  return [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

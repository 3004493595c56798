import { mkdirSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// Loaded before the stack's program (`node --import`): writes down which of the project's files it
// loads. The template depends on these, and on no others.
const root = `${pathToFileURL(process.cwd()).href}/`
const loaded = new Set<string>()

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    const { url } = resolved
    if (url.startsWith(root) && !url.includes('/node_modules/')) {
      loaded.add(decodeURIComponent(url.slice(root.length)))
    }
    return resolved
  },
})

process.on('exit', (status) => {
  const { CDK_OUTDIR: outdir } = process.env
  if (status !== 0 || outdir === undefined) return
  mkdirSync(outdir, { recursive: true })
  writeFileSync(join(outdir, '.inputs'), JSON.stringify([...loaded]))
})

import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Shows the places of errors in the sources, not in the minified bundle. A stack that nobody looks
 * at costs nothing; the map is read with the first one.
 * @param mapFile the bundle's source map, whose paths are relative to the bundle's first place
 */
export function installSourceMap(bundle: string, mapFile: string): void {
  let map: SourceMap | undefined
  const sourcesOf = () => {
    map ??= new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')) as SourceMapPayload)
    return map
  }
  const place = (frame: NodeJS.CallSite): string => {
    const [file, line, column] = [
      frame.getFileName(),
      frame.getLineNumber(),
      frame.getColumnNumber(),
    ]
    // A native function's frame has no file; the declaration says null, V8 says undefined.
    if (!file || line === null || column === null || !isBundle(file, bundle)) return `${frame}`
    const found = sourcesOf().findEntry(line - 1, column - 1)
    if (!('originalSource' in found)) return `${frame}`
    // esbuild writes dist/<name>.map for dist/<name>/index.mjs.
    const home = mapFile.replace(/\.map$/, '')
    const source = relative(process.cwd(), resolve(home, found.originalSource))
    // Names of functions are minified in the bundle: the place says more.
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`
  }
  Error.prepareStackTrace = (error, frames) =>
    [`${error}`, ...frames.map((frame) => `    at ${place(frame)}`)].join('\n')
}

function isBundle(file: string, bundle: string): boolean {
  return (file.startsWith('file:') ? fileURLToPath(file) : file) === bundle
}

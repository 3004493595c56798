import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openapiDocument } from '../functions/docs/openapi.ts'

/**
 * `npm run openapi`: writes the document for those who read it without running anything. With
 * `--check` it fails where the document on the disk is another one.
 */
const file = join(import.meta.dirname, '..', 'openapi.json')
const text = `${JSON.stringify(openapiDocument(), null, 2)}\n`
if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (readFileSync(file, 'utf8') !== text) {
  console.error('openapi.json is not what the declarations say: run `npm run openapi`')
  process.exitCode = 1
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openapiDocument } from '../functions/docs/openapi.ts'

/** `npm run openapi`: writes the document for those who read it without running anything. */
const file = join(import.meta.dirname, '..', 'openapi.json')
writeFileSync(file, `${JSON.stringify(openapiDocument(), null, 2)}\n`)

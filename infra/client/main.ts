import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openapiDocument } from '../../functions/docs/openapi.ts'
import { clientSource } from './client-source.ts'
import type { Document } from './operations.ts'

const help = `Writes a typed client of this API as one file of TypeScript without dependencies.

  npm run client -- --out src/api.ts

docs/client.md says how to use it.
`

const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } })
if (values.out) writeFileSync(values.out, clientSource(openapiDocument() as unknown as Document))
else {
  process.stdout.write(help)
  process.exitCode = values.help ? 0 : 1
}

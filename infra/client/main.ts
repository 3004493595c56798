import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openapiDocument } from '../../functions/docs/openapi.ts'
import { runCommand } from '../command.ts'
import { Failure } from '../failure.ts'
import { clientSource } from './client-source.ts'
import type { Document } from './operations.ts'

const help = `Writes a typed client of this API as one file of TypeScript without dependencies.

  npm run client -- --out src/api.ts

docs/client.md says how to use it.
`

function main(): void {
  const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help) return void process.stdout.write(help)
  if (!values.out) throw new Failure('usage: npm run client -- --out <file>')
  writeFileSync(values.out, clientSource(openapiDocument() as unknown as Document))
}

await runCommand(main)

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openapiDocument } from '../functions/docs/openapi.ts'
import { runCommand } from './command.ts'

const help = `Writes openapi.json for those who read it without running anything.

  npm run openapi [-- --check]

  --check   writes nothing, and fails where the file is not what the declarations say
`

function main(): void {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return void process.stdout.write(help)
  const file = join(import.meta.dirname, '..', 'openapi.json')
  const text = `${JSON.stringify(openapiDocument(), null, 2)}\n`
  if (!values.check) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text)
    throw new Error('openapi.json is not what the declarations say: run `npm run openapi`')
}

await runCommand(main)

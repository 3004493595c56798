import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure } from '../failure.ts'
import type { Accepted } from '../plan/change.ts'

export const help = `Serves the synthesized stack on this machine, without AWS.

  npm start -- [options]

  --port <n>     the port at 127.0.0.1 and localhost (default: $PORT, else 3000; 0: any free one)
  --ephemeral    keep everything in memory; without it data lives in .local/
  --no-pretty    log lines as the functions write them, in JSON (default where no terminal reads them)
  --no-watch     bundle all functions at the start, and do not rebuild when a source file changes
  --replace <resource>   lets the resource begin with an empty table after its key, parent or owner
                 has changed, or lets it go when it is no longer declared
  --widen <resource>     lets more people see or change the items that are stored
  --help         this text

  ADMIN_USERNAME, ADMIN_PASSWORD   the first admin (default: admin, and a generated password)
  ALLOWED_ORIGINS                  the origins that browsers may call from, separated by spaces
                                   (default: those of the stage local in infra/stages.ts)
  AWS_ENDPOINT_URL_DYNAMODB        another DynamoDB engine than dynoxide
  AWS_ENDPOINT_URL_<SERVICE>       the endpoint of another AWS service that functions call, such as SQS

Mails that functions send are shown at /local/mail, and are answered at /local/mail.json.
`

export interface Options {
  readonly port: number
  /** `undefined`: nothing is kept. */
  readonly dataDir: string | undefined
  readonly pretty: boolean
  readonly watch: boolean
  /** What a change of the declarations may do to what is stored. */
  readonly accepted: Accepted
  /** They replace those of the template. */
  readonly allowedOrigins: readonly string[] | undefined
}

/**
 * @returns `undefined` when help is asked for
 * @throws Failure, or parseArgs's own error
 */
export function readOptions(root: string): Options | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      ephemeral: { type: 'boolean' },
      pretty: { type: 'boolean', default: process.stdout.isTTY === true },
      watch: { type: 'boolean', default: true },
      help: { type: 'boolean' },
      replace: { type: 'string', multiple: true, default: [] },
      widen: { type: 'string', multiple: true, default: [] },
    },
    allowNegative: true,
  })
  if (values.help) return undefined
  const port = values.port ?? (process.env.PORT || '3000')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Failure(`${port} is not a port`)
  return {
    port: Number(port),
    dataDir: values.ephemeral ? undefined : join(root, '.local'),
    pretty: values.pretty,
    watch: values.watch,
    accepted: { replace: values.replace, widen: values.widen },
    allowedOrigins: originsOf(process.env.ALLOWED_ORIGINS),
  }
}

function originsOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const origins = text.split(/\s+/).filter(Boolean)
  for (const origin of origins) {
    if (URL.parse(origin)?.origin === origin) continue
    throw new Failure(`ALLOWED_ORIGINS: ${origin} is not an origin such as http://localhost:5173`)
  }
  return origins
}

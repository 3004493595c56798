import { reindexAll } from '../reindex/reindex-all.ts'
import { type AdminAccount, ensureAdmin } from './admin-account.ts'
import { stdoutLog } from './logs.ts'
import type { OperatorDoor } from './operator.ts'
import type { Options } from './options.ts'
import { prettyLine } from './pretty.ts'
import { type Runner, startRunner } from './runner.ts'
import { heldBack, introduce, say } from './terminal.ts'

/** What `npm start` serves. */
export interface Served {
  /** Serves the new build, in which the code of these functions may have changed. */
  reload(changed: readonly string[] | 'all'): Promise<void>
  stop(): Promise<void>
}

/** Starts the runner over what was built, with its first admin, and introduces it. */
export async function serve(
  assembly: string,
  { port, dataDir, pretty, allowedOrigins, accepted }: Options,
  codeOf: (functionName: string) => Promise<string>,
  door: OperatorDoor | undefined,
  onStep: (step: string) => void,
): Promise<Served> {
  const { log, release } = heldBack(stdoutLog(pretty ? prettyLine : undefined))
  let admin: AdminAccount | undefined
  try {
    const runner = await startRunner({
      ...{ assembly, port, log, onStep, codeOf },
      ...{ direct: true, successive: true, accepted, say },
      ...(dataDir !== undefined && { dataDir }),
      parameters: (origin, defaults) => ({
        PublicUrl: origin,
        AllowedOrigins: [allowedOrigins ?? defaults.AllowedOrigins ?? [], ownOrigins(origin)]
          .flat()
          .join(' '),
      }),
      beforeServing: async (starting) => {
        const [account] = await Promise.all([ensureAdmin(starting, dataDir), reindex(starting)])
        admin = account
        onStep('indexes and admin account')
      },
    })
    door?.serve(runner)
    if (admin !== undefined) introduce(runner.origin, admin)
    return {
      reload: async (changed) => {
        await runner.reload(assembly, changed)
        await reindex(runner)
      },
      stop: () => runner.stop(),
    }
  } finally {
    release()
  }
}

function reindex(runner: Runner): Promise<unknown> {
  return reindexAll((command) => runner.invoke('admin', command), say, progress, runner.isEmpty)
}

/** A line that is written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}`)
}

/** Both names of this machine: a page at one of them is as good as at the other. */
function ownOrigins(origin: string): readonly string[] {
  return [origin, origin.replace('127.0.0.1', 'localhost')]
}

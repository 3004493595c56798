import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../infra/bundle.ts'
import type { Results } from './results.ts'

/**
 * Measures Portcullis, its peers and the tutorials' stacks in one run, and writes
 * bench/results.json and bench/plots. Sends nothing to other machines.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    items: { type: 'string', default: '100000' },
    only: { type: 'string', multiple: true },
    plots: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const help = `npm run bench -- [options]

  --rounds N     rounds of each part (10)
  --items N      the largest table of the cost curve (100000)
  --only PART    measures only this part and keeps the others of the last run; may be repeated:
                 coldStart, invocation, authorization, wholeRequest, tokens, endToEnd, costCurve
  --plots        draws the plots of the last run again and measures nothing
`

const here = join(root, 'bench')
const file = join(here, 'results.json')

if (values.help) console.log(help)
else if (values.plots) await draw(previous())
else await measure(Number(values.rounds), Number(values.items))

function previous(): Results {
  return JSON.parse(readFileSync(file, 'utf8')) as Results
}

async function draw(results: Results): Promise<void> {
  const { drawPlots } = await import('./plots.ts')
  await drawPlots(results)
}

async function measure(rounds: number, items: number): Promise<void> {
  install()
  const { bundles } = await import('./bundles.ts')
  const { startWorld } = await import('./world.ts')
  const built = await bundles()
  const world = await startWorld()
  const { coldStart } = await import('./parts/cold-start.ts')
  const { authorization, invocation } = await import('./parts/invocation.ts')
  const { wholeRequest } = await import('./parts/whole-request.ts')
  const { tokens } = await import('./parts/tokens.ts')
  const { endToEnd } = await import('./parts/end-to-end.ts')
  const { costCurve } = await import('./parts/cost-curve.ts')
  const parts = {
    // A start is short, and its time varies.
    coldStart: () => coldStart(built, world, rounds * 2),
    invocation: () => invocation(built, world, rounds),
    authorization: () => authorization(built, world, rounds),
    wholeRequest: () => wholeRequest(built, world, rounds),
    tokens: () => tokens(rounds),
    endToEnd: () => endToEnd(rounds),
    costCurve: () => costCurve(items),
  }
  const before = existsSync(file) ? previous() : {}
  const measured = {
    ...before,
    measuredAt: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    node: process.versions.node,
    rounds,
    bundleBytes: Object.fromEntries(
      Object.entries(built.ours).map(([name, path]) => [name, statSync(path).size]),
    ),
  } as Record<string, unknown>
  for (const [name, part] of Object.entries(parts)) {
    if (values.only && !values.only.includes(name)) continue
    measured[name] = await part()
    // Keeps what is done, even if the rest fails.
    writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`)
  }
  world.stop()
  const { goals } = await import('./goals.ts')
  const results = {
    ...measured,
    goals: goals(measured as unknown as Results),
  } as unknown as Results
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  await draw(results)
  for (const { what, limit, measured, met } of results.goals)
    console.log(`${met ? 'met   ' : 'MISSED'} ${what}: ${measured} (${limit})`)
}

/** The peers are dependencies of this folder alone, and are installed when they are needed. */
function install(): void {
  if (existsSync(join(here, 'node_modules', '.package-lock.json'))) return
  console.error('Installing the peers that Portcullis is compared with …')
  execFileSync('npm', ['ci', '--prefix', here], { stdio: 'inherit' })
}

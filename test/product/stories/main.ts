import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { openBuild } from '../../../infra/local/build.ts'
import { startRunner } from '../../../infra/local/runner.ts'
import { slowness } from '../../machine.ts'
import { type Admin, walk } from './walk.ts'

/**
 * `node test/product/stories/main.ts`: walks the stories on a stack of its own in memory, or with
 * `--url` on one that runs, with the admin of ADMIN_USERNAME and ADMIN_PASSWORD. Fails when a step
 * answers otherwise.
 */
const { values } = parseArgs({ options: { url: { type: 'string' } } })
const admin = {
  username: process.env.ADMIN_USERNAME ?? 'admin',
  password: process.env.ADMIN_PASSWORD ?? 'only for these stories',
}

process.exitCode = values.url ? await tell(values.url, admin) : await tellOnOwnStack()

async function tellOnOwnStack(): Promise<number> {
  const assembly = mkdtempSync(join(tmpdir(), 'portcullis-stories-'))
  await openBuild(join(import.meta.dirname, '../../..'), assembly, { whole: true }).synthesize()
  const runner = await startRunner({
    assembly,
    patience: slowness(),
    parameters: (origin) => ({ PublicUrl: origin }),
    log: () => {},
  })
  try {
    await runner.invoke('admin', { command: 'create-admin', ...admin })
    return await tell(runner.origin, admin)
  } finally {
    await runner.stop()
    rmSync(assembly, { recursive: true, force: true })
  }
}

async function tell(origin: string, by: Admin): Promise<number> {
  let story = ''
  let [passed, failed] = [0, 0]
  for await (const outcome of walk(origin, by)) {
    if (outcome.story !== story) console.log(`\n${styleText('bold', outcome.story)}`)
    story = outcome.story
    const { step, call, status } = outcome
    const right = status === step.status
    if (right) passed += 1
    else failed += 1
    const mark = right ? styleText('green', '✓') : styleText('red', `✗ (expected ${step.status})`)
    console.log(`  ${mark} ${status}  ${shortened(call).padEnd(42)} ${styleText('dim', step.says)}`)
  }
  console.log(`\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** The last characters of an id tell it from the others of a story. */
function shortened(call: string): string {
  return call.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{8}([0-9a-f]{4})/g, '…$1')
}

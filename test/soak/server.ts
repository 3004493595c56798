import { startRunner } from '../../infra/local/runner.ts'
import type { Sample } from './sample.ts'

/** Serves an assembly in memory, in a separate process, and reports its state once a second. */
// Lambda's clock is UTC; a worker thread takes its time zone from the process.
process.env.TZ = 'UTC'
const [, , assembly = ''] = process.argv
let errors = 0

const runner = await startRunner({
  assembly,
  parameters: (origin) => ({ PublicUrl: origin }),
  log: (line) => {
    // A refused token is an error to Lambda, and none to us.
    if (line.includes('"level":"ERROR"') && !line.includes('Unauthorized')) errors += 1
  },
})
const timer = setInterval(() => {
  const instances = Object.values(runner.functions.instances())
  const sample: Sample = {
    memoryMb: process.memoryUsage.rss() / 2 ** 20,
    instances: instances.reduce((sum, count) => sum + count, 0),
    errors,
  }
  process.send?.(sample)
}, 1000)
process.once('disconnect', async () => {
  clearInterval(timer)
  await runner.stop()
})
process.send?.({ origin: runner.origin })

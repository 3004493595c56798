import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../bundle.ts'
import { readAssembly } from '../local/assembly.ts'
import { buildAssembly } from '../local/build.ts'
import { startRunner } from '../local/runner.ts'
import { widgets } from './definition.ts'
import { metricKey, type Observed, samples, statistic } from './series.ts'
import { render } from './svg.ts'
import { createTraffic } from './traffic.ts'

/**
 * `npm run dashboard`: draws docs/dashboard.svg from the dashboard's own definition, and from what
 * the local runner logs and counts while three hours of traffic pass through it in fast motion.
 */
const hours = 3
const periodMs = 5 * 60 * 1000
const periods = (hours * 60 * 60 * 1000) / periodMs

const assembly = join(root, 'cdk.out')
await buildAssembly(root, assembly)
const { template } = readAssembly(assembly)
let lines: string[] = []
const runner = await startRunner({
  assembly,
  parameters: (origin) => ({ PublicUrl: origin }),
  log: (line) => lines.push(line),
})
const observed: Observed[] = []
try {
  const send = await createTraffic(runner)
  for (let period = 0; period < periods; period++) {
    lines = []
    runner.calls.reset()
    await send(period / periods)
    const instances = runner.functions.instances()
    observed.push({
      lines,
      instances,
      calls: runner.calls(),
      deadLetters: runner.deadLetters.length,
    })
    runner.clock.advance(periodMs)
  }
} finally {
  await runner.stop()
}

const queue = Object.entries(template.Resources).find(([, { Type }]) => Type === 'AWS::SQS::Queue')
const names = {
  api: `portcullis-${runner.model.api?.stage}`,
  functions: new Map(runner.model.functions.map(({ tag, name }) => [tag, name])),
  deadLetters: queue?.[0] ?? '',
}
const taken = observed.map((period) => samples(period, names))
const picture = render(
  widgets(template),
  (lines) =>
    lines.map((line) => ({
      ...line,
      values: taken.map((period) =>
        statistic(line.statistic, period.get(metricKey(...line.key)) ?? []),
      ),
    })),
  hours,
)
writeFileSync(join(root, 'docs', 'dashboard.svg'), picture)

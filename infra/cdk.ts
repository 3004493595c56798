import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { stageOf } from './stages.ts'

/** `npm run synth|diff|deploy|destroy -- --stage prod …`: the CDK's command for one stage. */
const [command = 'synth', ...given] = process.argv.slice(2)
const { values } = parseArgs({
  args: given,
  strict: false,
  options: { stage: { type: 'string', default: 'dev' } },
})
const passed = given.filter((arg, index) => arg !== '--stage' && given[index - 1] !== '--stage')

try {
  const { name } = stageOf(String(values.stage))
  const args = [command, ...passed, '--context', `stage=${name}`]
  process.exitCode = spawnSync('cdk', args, { stdio: 'inherit' }).status ?? 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

import { join } from 'node:path'
import { stackName, stages } from '../stages.ts'
import { ran, synthesized } from './tools.ts'

/** The templates against the schemas of CloudFormation: errors fail, warnings are shown. */
export async function lint(bin: string): Promise<boolean> {
  const files = (['dev', 'prod'] as const).map((name) =>
    join(synthesized(name), `${stackName(stages[name])}.template.json`),
  )
  // W3005: a DependsOn that a reference implies already is the CDK's way.
  const options = ['--non-zero-exit-code', 'error', '--ignore-checks', 'W3005']
  return ran(join(bin, 'cfn-lint'), [...options, '--', ...files])
}

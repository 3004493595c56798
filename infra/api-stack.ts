import { CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { alarms } from './alarms.ts'
import { dashboard } from './dashboard.ts'
import { dataKey } from './data-key.ts'
import { functionSettings } from './functions.ts'
import { gateway } from './gateway.ts'
import { lambdas } from './lambdas.ts'
import { mail } from './mail.ts'
import { named } from './named.ts'
import { adminFunctionOutput } from './outputs.ts'
import { recordName, writtenRecord } from './plan/deployed.ts'
import { recordOf } from './plan/record.ts'
import { declared, type Product, productOf, servingNames } from './product.ts'
import { queries } from './queries.ts'
import { rotations, secrets } from './secrets.ts'
import { type Stage, stackName } from './stages.ts'
import { streamReaders } from './stream-readers.ts'
import { tables } from './tables.ts'

/** All of Portcullis for one stage. */
export function apiStack(
  scope: Construct,
  stage: Stage,
  functionNames: readonly string[],
  everything: Product = declared,
): Stack {
  const product = productOf(everything, stage)
  const stack = new Stack(scope, stackName(stage), {
    description: `Portcullis, stage ${stage.name}`,
    // Indented, a template of a hundred resources would exceed the megabyte that it may have.
    suppressTemplateIndentation: true,
    tags: { service: 'portcullis', stage: stage.name },
  })
  // The next deployment is compared with it.
  stack.addMetadata(recordName, writtenRecord(recordOf(product.resources)))
  const key = dataKey(stack, stage)
  const settings = functionSettings(product, stage)
  const allSecrets = secrets(stack, stage, key)
  const allTables = tables(stack, product, settings, stage, key)
  const functions = lambdas(stack, servingNames(functionNames, stage), {
    product,
    stage,
    settings,
    tables: allTables,
    secrets: allSecrets,
    publicUrl: setting(stack, stage, 'PublicUrl', stage.publicUrl),
    allowedOrigins: setting(stack, stage, 'AllowedOrigins', stage.allowedOrigins.join(' ')),
  })
  rotations(stack, allSecrets, functions, stage)
  mail(stack, stage)
  const deadLetters = streamReaders(stack, settings, allTables, functions)
  const { api, accessLog } = gateway(stack, product, functions, stage)
  const watched = { stage, api, functions, tables: allTables, deadLetters }
  dashboard(stack, watched, alarms(stack, watched))
  queries(stack, stage, [
    ...new Set([...functions.values()].map(({ logGroup }) => logGroup)),
    accessLog,
  ])
  product.extend({ stack, stage, functions, tables: allTables })
  const address = stage.publicUrl || api.url.replace(/\/$/, '')
  outputs(stack, {
    Address: address,
    Docs: `${address}/docs`,
    AdminCommand: `npm run admin -- --stage ${stage.name} create-admin <username>`,
    [adminFunctionOutput]: named(functions, 'admin').functionName,
  })
  return stack
}

/**
 * A setting that the local runner learns only after the synthesis, such as its own address, and so
 * hands over as a parameter. No other stage has one: `cdk deploy` keeps the value that a parameter
 * had before, whatever its new default.
 */
function setting(stack: Stack, { name }: Stage, parameter: string, value: string): string {
  if (name !== 'local') return value
  return new CfnParameter(stack, parameter, { default: value }).valueAsString
}

function outputs(stack: Stack, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) new CfnOutput(stack, name, { value })
}

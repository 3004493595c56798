import { CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { alarms } from './alarms.ts'
import { cleanUp } from './clean-up.ts'
import { dashboard } from './dashboard.ts'
import { dataKey } from './data-key.ts'
import { gateway } from './gateway.ts'
import { rotation, signingSecret } from './keys.ts'
import { lambdas } from './lambdas.ts'
import { named } from './measures.ts'
import { adminFunctionOutput } from './operator/aws.ts'
import { queries } from './queries.ts'
import { type Stage, stackName } from './stages.ts'
import { tables } from './tables.ts'

/** All of Portcullis for one stage. */
export function apiStack(scope: Construct, stage: Stage, functionNames: readonly string[]): Stack {
  const stack = new Stack(scope, stackName(stage), {
    description: `Portcullis, stage ${stage.name}`,
    tags: { service: 'portcullis', stage: stage.name },
  })
  const key = dataKey(stack, stage)
  const secret = signingSecret(stack, key)
  const allTables = tables(stack, stage, key)
  const functions = lambdas(stack, functionNames, {
    stage,
    tables: allTables,
    signingSecret: secret,
    publicUrl: publicUrl(stack, stage),
  })
  rotation(stack, secret, named(functions, 'rotate-keys'), stage)
  const deadLetters = cleanUp(stack, named(allTables, 'users'), named(functions, 'clean-up'))
  const { api, accessLog } = gateway(stack, functions, stage)
  const watched = { stage, api, functions, tables: allTables, deadLetters }
  dashboard(stack, watched, alarms(stack, watched))
  queries(stack, stage, [...[...functions.values()].map(({ logGroup }) => logGroup), accessLog])
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
 * Where clients reach the API; empty for the address that API Gateway gives it. Only the local
 * runner, which knows its own after the synthesis, takes it from a parameter: `cdk deploy` keeps the
 * value that a parameter had before, whatever its new default.
 */
function publicUrl(stack: Stack, { name, publicUrl }: Stage): string {
  if (name !== 'local') return publicUrl
  return new CfnParameter(stack, 'PublicUrl', { default: publicUrl }).valueAsString
}

function outputs(stack: Stack, values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) new CfnOutput(stack, name, { value })
}

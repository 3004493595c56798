import { writeFileSync } from 'node:fs'
import { bundle } from '../infra/bundle.ts'
import { stages } from '../infra/stages.ts'
import { declareForEsbuild, declareForNode } from './fixtures/declare.ts'
import { testFunctionNames } from './functions.ts'
import { testStage } from './stage.ts'

// Does what infra/app.ts does, with the resources of the tests, for their stage or for `local`.
// The environment names the directories, and the file of the OpenAPI document.
const stage = process.argv[2] === 'local' ? stages.local : testStage
declareForNode()
const { App } = await import('aws-cdk-lib')
const { default: cdk } = await import('../cdk.json', { with: { type: 'json' } })
const { apiStack } = await import('../infra/api-stack.ts')
const names = await testFunctionNames()
await bundle(names, [declareForEsbuild])
const app = new App({ context: cdk.context })
apiStack(app, stage, names)
app.synth()
const { openapiDocument } = await import('../functions/docs/openapi.ts')
writeFileSync(process.env.DOCUMENT ?? '', JSON.stringify(openapiDocument()))

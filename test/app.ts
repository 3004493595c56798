import { bundle } from '../infra/bundle.ts'
import { declareForEsbuild, declareForNode } from './fixtures/declare.ts'
import { testFunctionNames } from './functions.ts'
import { testStage } from './stage.ts'

// As infra/app.ts does, for the stage and with the resources of the tests. The environment names the
// directories.
declareForNode()
const { App } = await import('aws-cdk-lib')
const { default: cdk } = await import('../cdk.json', { with: { type: 'json' } })
const { apiStack } = await import('../infra/api-stack.ts')
const names = await testFunctionNames()
await bundle(names, [declareForEsbuild])
const app = new App({ context: cdk.context })
apiStack(app, testStage, names)
app.synth()

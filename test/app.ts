import { App } from 'aws-cdk-lib'
import cdk from '../cdk.json' with { type: 'json' }
import { apiStack } from '../infra/api-stack.ts'
import { bundle, functionNames } from '../infra/bundle.ts'
import { testStage } from './stage.ts'

// As infra/app.ts does, for the stage of the tests; the directories are named by the environment.
await bundle()
const app = new App({ context: cdk.context })
apiStack(app, testStage, await functionNames())
app.synth()

import { App } from 'aws-cdk-lib'
import cdk from '../cdk.json' with { type: 'json' }
import { apiStack } from './api-stack.ts'
import { bundle, functionNames } from './bundle.ts'
import { findings } from './findings.ts'
import { stageOf } from './stages.ts'

// Only the CDK's own command reads cdk.json; the local runner's template must not differ from its.
const app = new App({ context: cdk.context })
const stage = stageOf(app.node.tryGetContext('stage') ?? process.env.STAGE ?? 'dev')
await bundle()
apiStack(app, stage, await functionNames())
await findings(app)
app.synth()

import { App } from 'aws-cdk-lib'
import { apiStack } from './api-stack.ts'
import { bundle, functionNames } from './bundle.ts'
import { stageOf } from './stages.ts'

const app = new App()
const stage = stageOf(app.node.tryGetContext('stage') ?? process.env.STAGE ?? 'dev')
await bundle()
apiStack(app, stage, await functionNames())
app.synth()

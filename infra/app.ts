import cdk from '../cdk.json' with { type: 'json' }
import { bundle, functionNames } from './bundle.ts'

// The bundler is a process of its own: it works while the CDK is being loaded, which takes as long.
// `npm start` names the functions that it needs first, and has others bundled when they are called.
const bundled = bundle(process.env.BUNDLE_FIRST?.split(' '))
const [{ App }, { apiStack }, { findings }, { stageOf }] = await Promise.all([
  import('aws-cdk-lib'),
  import('./api-stack.ts'),
  import('./findings.ts'),
  import('./stages.ts'),
])

// Only the CDK's own command reads cdk.json; the local runner's template must not differ from its.
const app = new App({ context: cdk.context })
const stage = stageOf(app.node.tryGetContext('stage') ?? process.env.STAGE ?? 'dev')
await bundled
apiStack(app, stage, await functionNames())
await findings(app)
app.synth()

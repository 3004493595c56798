import { spawn } from 'node:child_process'
import { join } from 'node:path'
import cdk from '../../cdk.json' with { type: 'json' }
import { bundle, functionNames } from '../bundle.ts'
import { startRunner } from '../local/runner.ts'
import { stages } from '../stages.ts'
import { post } from './fuzz.ts'
import { folder } from './tools.ts'

const password = 'a password for PyJWT'

/** Access tokens of every algorithm that has public keys, verified by PyJWT from the metadata. */
export async function tokens(bin: string): Promise<boolean> {
  process.env.CDK_VALIDATION = 'false'
  const [{ App }, { apiStack }] = await Promise.all([
    import('aws-cdk-lib'),
    import('../api-stack.ts'),
    bundle(),
  ])
  const outcomes: boolean[] = []
  for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
    const outdir = join(folder, `tokens-${algorithm}.out`)
    const app = new App({ outdir, context: cdk.context })
    apiStack(app, { ...stages.local, algorithm }, await functionNames())
    app.synth()
    outcomes.push(await verified(bin, outdir))
  }
  return outcomes.every(Boolean)
}

async function verified(bin: string, assembly: string): Promise<boolean> {
  const parameters = (origin: string) => ({ PublicUrl: origin })
  const runner = await startRunner({ assembly, parameters, log: () => {} })
  try {
    const person = { username: 'ada', password }
    await post(runner.origin, 'signup', person)
    const { access_token } = await post(runner.origin, 'login', person)
    const script = join(import.meta.dirname, 'tokens.py')
    const given = [script, runner.origin, 'portcullis', String(access_token)]
    // Without blocking: this process is the server.
    const child = spawn(join(bin, 'python'), given, { stdio: 'inherit' })
    return await new Promise((resolve) => child.on('close', (status) => resolve(status === 0)))
  } finally {
    await runner.stop()
  }
}

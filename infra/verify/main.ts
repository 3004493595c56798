import { styleText } from 'node:util'
import { emulate } from './emulator.ts'
import { fuzz } from './fuzz.ts'
import { lint } from './lint.ts'
import { tokens } from './tokens.ts'
import { installTools, Missing } from './tools.ts'

const help = `Runs third-party tools against the templates, the API and a deployment.

  npm run verify -- [lint] [fuzz] [tokens] [emulate]

  lint      cfn-lint over the templates of dev and prod
  fuzz      schemathesis over every operation of the served document, as a member and as an admin
  tokens    PyJWT verifies access tokens of every algorithm, from the metadata alone
  emulate   deploys dev to an emulator of AWS (ministack) and uses what is deployed; needs the AWS CLI

Needs Python 3.11 or newer and installs the tools into .verify/. Steps that this machine cannot run are skipped.
`

const steps = { lint, fuzz, tokens, emulate }

async function main(): Promise<number> {
  const names = process.argv.slice(2)
  if (names.includes('--help') || names.some((name) => !(name in steps))) {
    console.log(help)
    return names.includes('--help') ? 0 : 1
  }
  let failures = 0
  for (const [name, step] of Object.entries(steps)) {
    if (names.length > 0 && !names.includes(name)) continue
    console.log(styleText('bold', `\n${name}`))
    try {
      const passed = await step(installTools())
      console.log(passed ? styleText('green', `✓ ${name}`) : styleText('red', `✗ ${name}`))
      if (!passed) failures += 1
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      console.log(styleText('yellow', `– ${name} is skipped: this machine lacks ${error.message}`))
    }
  }
  return failures
}

process.exitCode = await main()

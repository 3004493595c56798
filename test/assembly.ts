import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import cdk from '../cdk.json' with { type: 'json' }
import { required } from '../infra/failure.ts'
import { readAssembly, type Stack, type Template } from '../infra/local/assembly.ts'
import type { Model } from '../infra/local/model.ts'
import { readTemplate } from '../infra/local/template.ts'
import { type Stage, stages } from '../infra/stages.ts'
import { testFunctionNames } from './functions.ts'

/** A directory for this test file, removed when its process ends. */
export const scratch = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

let made = 0

/**
 * Synthesizes a stage from the bundles that the tests' assembly was made of.
 * @param context what the CDK's command would add to its settings
 */
export async function synthesize(stage: Stage, context = {}): Promise<string> {
  // Most tests that edit assemblies synthesize none, and the CDK takes a second to be loaded.
  const { App } = await import('aws-cdk-lib')
  const { apiStack } = await import('../infra/api-stack.ts')
  const outdir = join(scratch, `${stage.name}-${made++}.out`)
  const app = new App({ outdir, context: { ...cdk.context, ...context } })
  apiStack(app, stage, await testFunctionNames())
  app.synth()
  return outdir
}

/** The assembly of a stage; that of the stage `local` is the one that the runner serves. */
export async function assemblyOf(name: keyof typeof stages): Promise<string> {
  return name === 'local' ? inject('assembly') : synthesize(stages[name])
}

/** The template as it is deployed, and as the runner understands it. */
export function read(assembly: string): { template: Template; model: Model } {
  const stack = readAssembly(assembly)
  return { template: stack.template, model: readTemplate(stack) }
}

/** All resources of a type, with their properties. */
export function resources<Properties = Record<string, never>>(
  template: Template,
  type: string,
): { id: string; Properties: Properties }[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ ...resource, id, Properties: resource.Properties as Properties }))
}

/** The parts of an assembly that may be changed. */
export interface Draft {
  readonly template: Template
  /** The path of a function's bundle; changing it changes no other assembly. */
  bundle(functionName: string): string
}

/** A copy of an assembly, changed. */
export function edited(assembly: string, change: (draft: Draft) => void): string {
  const copy = join(scratch, `copy-${made++}.out`)
  cpSync(assembly, copy, { recursive: true })
  const stack = readAssembly(copy)
  change({ template: stack.template, bundle: (name) => bundleOf(stack, name) })
  const file = `${stack.name}.template.json`
  writeFileSync(join(copy, file), JSON.stringify(stack.template))
  return copy
}

function bundleOf(stack: Stack, functionName: string): string {
  const found = readTemplate(stack).functions.find(({ tag }) => tag === functionName)
  return join(required(found, `the function ${functionName}`).directory, 'index.mjs')
}

/** Wraps the handler of a bundle: `wrapper`, as source text, makes another of the handler. */
export function wrapHandler(bundle: string, wrapper: string): void {
  const source = readFileSync(bundle, 'utf8')
  const [exported = '', name] = /export\{([\w$]+) as handler\};?/.exec(source) ?? []
  if (!name) throw new Error(`${bundle} does not export its handler as expected`)
  const wrapped = `const wrapped=(${wrapper})(${name});export{wrapped as handler};`
  writeFileSync(
    bundle,
    source.replace(exported, () => wrapped),
  )
}

/** Lets a function write down how long each call computed, which is the same on a busy machine. */
export function meterHandler(bundle: string, name: string): void {
  wrapHandler(
    bundle,
    `(handler) => async (...given) => {
      const before = process.threadCpuUsage()
      try {
        return await handler(...given)
      } finally {
        const { user, system } = process.threadCpuUsage(before)
        console.log('${name} computed for ' + (user + system) + ' µs')
      }
    }`,
  )
}

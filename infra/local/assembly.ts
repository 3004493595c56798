import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from '../failure.ts'

export interface Resource {
  readonly Type: string
  readonly Properties?: Record<string, unknown>
  readonly Condition?: string
}

export interface Template {
  readonly Metadata?: Readonly<Record<string, unknown>>
  readonly Resources: Record<string, Resource>
  readonly Parameters?: Record<string, { Type: string; Default?: unknown; AllowedPattern?: string }>
  readonly Conditions?: Record<string, unknown>
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>
}

/** One stack of a cloud assembly: its template, and the directory of each of its assets by hash. */
export interface Stack {
  readonly name: string
  readonly template: Template
  readonly assets: Map<string, string>
}

interface Manifest {
  readonly artifacts?: Record<
    string,
    { type: string; properties?: { templateFile?: string; file?: string; directoryName?: string } }
  >
}

interface AssetManifest {
  readonly files?: Record<string, { source: { path?: string; packaging?: string } }>
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${(error as Error).message}`)
  }
}

function stacksOf(directory: string): Stack[] {
  const { artifacts = {} } = readJson<Manifest>(join(directory, 'manifest.json'))
  const assets = new Map<string, string>()
  const stacks: Stack[] = []
  for (const { type, properties = {} } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || properties.file === undefined) continue
    const { files = {} } = readJson<AssetManifest>(join(directory, properties.file))
    for (const [hash, { source }] of Object.entries(files)) {
      if (source.path !== undefined) assets.set(hash, resolve(directory, source.path))
    }
  }
  for (const [name, { type, properties = {} }] of Object.entries(artifacts)) {
    if (type === 'cdk:cloud-assembly' && properties.directoryName !== undefined) {
      stacks.push(...stacksOf(join(directory, properties.directoryName)))
    }
    if (type === 'aws:cloudformation:stack' && properties.templateFile !== undefined) {
      const template = readJson<Template>(join(directory, properties.templateFile))
      stacks.push({ name, template, assets })
    }
  }
  return stacks
}

/**
 * Reads a cloud assembly (`cdk.out`), nested assemblies included, and answers its one stack. Where
 * there are several, the caller must name one.
 */
export function readAssembly(directory: string, stackName?: string): Stack {
  const all = stacksOf(directory)
  const stacks = stackName === undefined ? all : all.filter(({ name }) => name === stackName)
  const [stack, another] = stacks
  const names = all.map(({ name }) => name).join(', ') || 'none'
  if (stack === undefined) {
    throw new Failure(`${directory} has no stack ${stackName ?? ''} (it has: ${names})`)
  }
  if (another !== undefined) {
    throw new Failure(`${directory} has several stacks (${names}): the runner serves one`)
  }
  return stack
}

import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../functions/resources/index.ts'

const nothingDeclared = {
  index: `import type { Resource } from '../model/declaration.ts'

export const resources: readonly Resource[] = []
`,
  problems: 'export const problems = {} as const\n',
  product: "export const productName = 'Another product'\n",
  roles: 'export const roles = { member: [], admin: [] } as const\n',
}

const root = join(import.meta.dirname, '..')
const parts = ['functions', 'infra', 'package.json', 'tsconfig.json', 'cdk.json']

/** A copy of the project in a directory of its own, to be changed at will. */
export interface Copy {
  readonly directory: string
  /** Takes out what the product declares: its names may be those that a test declares. */
  withoutProduct(): void
  /** Adds resources to the list of declared ones; each has a file of its name. */
  declare(names: readonly string[]): void
  /** Bundles and synthesizes the copy. @returns the cloud assembly's directory */
  synthesize(): string
  remove(): void
}

/** Copies the sources; the dependencies are shared. */
export function copyProject(also: readonly string[] = []): Copy {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-copy-'))
  for (const part of [...parts, ...also])
    cpSync(join(root, part), join(directory, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  return {
    directory,
    withoutProduct() {
      const functions = join(directory, 'functions')
      for (const { name, onChange } of resources)
        for (const lambda of [name, ...Object.keys(onChange)])
          rmSync(join(functions, `${lambda}.ts`), { force: true })
      rmSync(join(functions, 'resources'), { recursive: true })
      mkdirSync(join(functions, 'resources'))
      for (const [name, text] of Object.entries(nothingDeclared))
        writeFileSync(join(functions, 'resources', `${name}.ts`), text)
    },
    declare(names) {
      const list = join(directory, 'functions/resources/index.ts')
      const source = readFileSync(list, 'utf8')
      const imports = names.map((name) => `import { ${name} } from './${name}.ts'\n`).join('')
      const extended = source.replace(/(\[?),?\s*\]\s*$/, (_, nothing: string) => {
        return `${nothing || ', '}${names.join(', ')}]\n`
      })
      if (extended === source) throw new Error(`${list} ends with no list`)
      writeFileSync(list, imports + extended)
    },
    synthesize() {
      const assembly = join(directory, 'cdk.out')
      execFileSync(process.execPath, ['infra/app.ts'], {
        cwd: directory,
        env: {
          ...process.env,
          STAGE: 'local',
          CDK_OUTDIR: assembly,
          CDK_VALIDATION: 'false',
          // The bundles of the tests are not the copy's to write.
          BUNDLE_DIR: join(directory, 'dist'),
        },
        stdio: 'pipe',
      })
      return assembly
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

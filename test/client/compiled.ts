import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, transformSync } from 'esbuild'
import { openapiDocument } from '../../functions/docs/openapi.ts'
import { clientSource } from '../../infra/client/client-source.ts'
import type { Document } from '../../infra/client/operations.ts'
import { scratch } from '../assembly.ts'

export const document = openapiDocument() as unknown as Document

/** The client as a user has it: `./api.ts` beside the programs. */
export const source = clientSource(document)

const root = join(import.meta.dirname, '../..')
export const programs = join(import.meta.dirname, 'programs')
let made = 0

/** What a program exports. Programs are compiled with the client, which does not exist before. */
export type Program = Readonly<Record<string, (given: Given) => Promise<unknown>>>

/** What the tests give to a program. */
export interface Given {
  readonly baseUrl: string
  readonly username?: string
  readonly password?: string
  readonly [more: string]: unknown
}

/** Bundles a program with the client, and imports it. */
export async function program(name: string, from = programs): Promise<Program> {
  const outfile = join(scratch, `program-${made++}.mjs`)
  await bundle(join(from, `${name}.ts`), outfile)
  return import(/* @vite-ignore */ pathToFileURL(outfile).href)
}

/** The text of a bundle for a page. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  const api = join(scratch, `api-${made++}.ts`)
  writeFileSync(api, source)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    plugins: [
      {
        name: 'client',
        setup: ({ onResolve }) => onResolve({ filter: /^\.\/api\.ts$/ }, () => ({ path: api })),
      },
    ],
  })
}

/** What users would serve of it: without types, minified. */
export function minified(text: string): string {
  return transformSync(text, { loader: 'ts', minify: true, format: 'esm', target: 'es2022' }).code
}

/** A project whose only files are the client and these. */
export interface Project {
  readonly client: string
  /** Texts of TypeScript by the names of their files. */
  readonly files: Readonly<Record<string, string>>
}

/** What the compiler says of projects, by their names: `crud.ts:12: error TS2353: …`. */
export function complaints(projects: Readonly<Record<string, Project>>): string[] {
  const directory = join(scratch, `typed-${made++}`)
  for (const [name, { client, files }] of Object.entries(projects)) {
    mkdirSync(join(directory, name), { recursive: true })
    for (const [file, text] of Object.entries({ ...files, 'api.ts': client }))
      writeFileSync(join(directory, name, file), text)
  }
  const compilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ noUnusedLocals: true, noImplicitOverride: true, erasableSyntaxOnly: true },
    // As Angular has it.
    noPropertyAccessFromIndexSignature: true,
    ...{ target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], types: [], noEmit: true },
    ...{ module: 'preserve', verbatimModuleSyntax: true, allowImportingTsExtensions: true },
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', directory, '--pretty', 'false'], {
      encoding: 'utf8',
      cwd: directory,
    })
    return []
  } catch (error) {
    const lines = (error as { stdout: string }).stdout.trim().split('\n')
    return lines.map((line) => line.replace(/\((\d+),\d+\)/, ':$1'))
  }
}

/** The examples of a document that are TypeScript, by the lines on which they stand. */
export function examplesOf(file: string): Record<string, string> {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [...text.matchAll(/^```ts\n(.*?)^```$/gms)]
  return Object.fromEntries(
    found.map(({ 1: example = '', index }) => {
      const line = text.slice(0, index).split('\n').length
      return [`${basename(file, '.md')}-${line}.ts`, example]
    }),
  )
}

/** The texts of the programs in a directory. */
export function programsIn(directory: string): Record<string, string> {
  const names = globSync('*.ts', { cwd: directory })
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
}

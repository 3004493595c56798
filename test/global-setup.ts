import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cloud assembly of the stage `local`, synthesized once for all tests. */
    assembly: string
  }
}

/** Bundles and synthesizes the stack, as `npm start` does, into a directory of the tests' own. */
export function setup(project: TestProject): () => void {
  const assembly = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
  execFileSync(process.execPath, ['infra/app.ts'], {
    env: { ...process.env, STAGE: 'local', CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' },
    stdio: 'inherit',
  })
  project.provide('assembly', assembly)
  return () => rmSync(assembly, { recursive: true, force: true })
}

import type { TestProject } from 'vitest/node'
import { build } from './build.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cloud assembly that the tests serve, synthesized once for all of them. */
    assembly: string
    /** The file of the OpenAPI document. */
    document: string
  }
}

/** The workers of the tests find the bundles by the environment. */
export function setup(project: TestProject): void {
  const { assembly, document, bundles } = build()
  process.env.BUNDLE_DIR = bundles
  project.provide('assembly', assembly)
  project.provide('document', document)
}

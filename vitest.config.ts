import { defineConfig } from 'vitest/config'
import { compiled } from './infra/local/compiled.ts'
import { hiddenImports, NoticingFirst } from './test/changed.ts'
import { declareForVite } from './test/fixtures/declare.ts'
import { slowness, workers } from './test/machine.ts'
import { progress } from './test/progress.ts'
import { projects } from './test/projects.ts'

/** In the full suite a test repeats in minutes what the fast one does in seconds. */
const minute = 60_000 * slowness() * (process.env.FULL === '1' ? 10 : 1)

export default defineConfig({
  plugins: [declareForVite, hiddenImports],
  test: {
    projects,
    globalSetup: ['test/global-setup.ts'],
    // For the commands that tests start.
    env: { CDK_VALIDATION: 'false', NODE_COMPILE_CACHE: compiled },
    // They are there for what hangs: nothing that is only slow meets them.
    testTimeout: 3 * minute,
    hookTimeout: 3 * minute,
    expect: { poll: { timeout: minute } },
    reporters: ['default', progress()],
    maxWorkers: workers,
    sequence: { sequencer: NoticingFirst },
  },
})

import { createClient } from './api.ts'

/** For what a test evaluates in a page. */
Object.assign(globalThis, { createClient })

import { join } from 'node:path'

/**
 * Where Node keeps what it compiled: stripping the types of the runner's files takes longer than
 * all the rest of a start, in every thread anew. `npm start` names this folder for its own thread.
 */
export const compiled = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled')

import { readJson, writePrivate } from '../files.ts'

/** How far each event source has come, kept over restarts. */
export interface Positions {
  get(key: string): string | undefined
  set(key: string, sequenceNumber: string): void
}

export function openPositions(file?: string): Positions {
  const known = readJson<Record<string, string>>(file) ?? {}
  return {
    get: (key) => known[key],
    set(key, sequenceNumber) {
      known[key] = sequenceNumber
      writePrivate(file, JSON.stringify(known))
    },
  }
}

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

/** Makes the directory of the local data, which its owner alone may enter. */
export function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // The mode above is for a new directory only.
  chmodSync(directory, 0o700)
}

/** Replaces a file of the local data at once, readable by its owner alone; without one, nothing. */
export function writePrivate(file: string | undefined, content: string): void {
  if (file === undefined) return
  makePrivate(dirname(file))
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, file)
}

/** What a file of the local data holds; `undefined` when there is none. */
export function readJson<T>(file: string | undefined): T | undefined {
  if (file === undefined || !existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    throw new Failure(`cannot read ${file}: ${(error as Error).message}`)
  }
}

import { randomUUIDv7 } from 'node:crypto'
import type { Undo } from './credentials.ts'
import { undoSeconds } from './limits.ts'

/** The most undos that are kept separately; any further change is merged into the last one. */
const maxUndos = 10

/** The undos that are still good, oldest first. */
export function openUndos(undos: readonly Undo[] = []): readonly Undo[] {
  return undos.filter(({ expiresAt }) => expiresAt * 1000 > Date.now())
}

/**
 * Notes a change that a link in a notice can undo: of a verified address, or of a factor that was
 * added.
 * @returns the id that the link is to name
 */
export function noteUndo(
  undos: readonly Undo[] | undefined,
  change: Pick<Undo, 'address' | 'factors'>,
): { readonly id: string; readonly undos: readonly Undo[] } {
  const open = openUndos(undos)
  const at = Math.floor(Date.now() / 1000)
  const expiresAt = at + undoSeconds
  const last = open[maxUndos - 1]
  if (!last) {
    const id = randomUUIDv7()
    return { id, undos: [...open, { id, at, expiresAt, ...change }] }
  }
  const factors = [...(last.factors ?? []), ...(change.factors ?? [])]
  const more = { ...change, ...last, expiresAt, ...(factors.length > 0 && { factors }) }
  return { id: last.id, undos: [...open.slice(0, maxUndos - 1), more] }
}

/** What it means to undo a change. */
interface Undone {
  /** What can still be undone. */
  readonly undos: readonly Undo[]
  /** The verified address that is back. */
  readonly address: string | undefined
  /** The factors that go. */
  readonly factors: ReadonlySet<string>
  /** Factors, and recovery codes, that were made from these times on go too, seconds. */
  readonly factorsSince: number
  readonly codesSince: number
}

/**
 * A change of the address that came after is undone with it: else the next reset would be mailed to
 * whoever made it. Undefined for a change that was undone before.
 */
export function undone(undos: readonly Undo[] | undefined, id: string): Undone | undefined {
  const open = openUndos(undos)
  const undo = open.find((one) => one.id === id)
  if (!undo) return undefined
  const from = open.findIndex((one, at) => at >= open.indexOf(undo) && one.address !== undefined)
  const moved = open[from]
  const earlier = moved ? open.slice(0, from) : open
  const factorsSince = moved ? moved.at - undoSeconds : Number.POSITIVE_INFINITY
  return {
    undos: earlier.filter((one) => one !== undo),
    address: moved?.address,
    factors: new Set(undo.factors),
    factorsSince,
    codesSince: Math.min(undo.at, factorsSince),
  }
}

/** The time that the functions and the platform live by: the real one, moved by an offset. */
export interface Clock {
  /** Milliseconds that are added to the real time; may be set at any moment. */
  offsetMs: number
  now(): number
  /** Moves time forward for all functions and the platform at once. */
  advance(ms: number): void
  /** Called after every move. Answers the function that unsubscribes. */
  onAdvance(listener: () => void): () => void
  /** The offset in memory that worker threads read. */
  readonly shared: SharedArrayBuffer
}

export function movableClock(offsetMs = 0): Clock {
  const shared = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  const offset = new Float64Array(shared)
  const listeners = new Set<() => void>()
  const move = (to: number) => {
    offset[0] = to
    for (const listener of listeners) listener()
  }
  offset[0] = offsetMs
  return {
    shared,
    get offsetMs() {
      return offset[0] ?? 0
    },
    set offsetMs(to: number) {
      move(to)
    },
    now: () => Date.now() + (offset[0] ?? 0),
    advance: (ms) => move((offset[0] ?? 0) + ms),
    onAdvance(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

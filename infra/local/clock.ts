/** The time that the functions and the platform live by: the real one, moved by an offset. */
export interface Clock {
  /** Milliseconds that are added to the real time; may be set at any moment. */
  offsetMs: number
  now(): number
  /** Moves time forward for all functions and the platform at once. */
  advance(ms: number): void
  /** From now on no time passes but by `advance`, until `go`. */
  stop(): void
  /** Time passes again, from where it stands. */
  go(): void
  /** Called after every move. Answers the function that unsubscribes. */
  onAdvance(listener: () => void): () => void
  /** In memory that worker threads read: the offset, and the real time of `stop`, or 0. */
  readonly shared: SharedArrayBuffer
}

/** The time by a clock's shared memory. */
export function timeOf(shared: Float64Array, real: () => number): number {
  const [offset = 0, stoppedAt = 0] = shared
  return (stoppedAt || real()) + offset
}

export function movableClock(offsetMs = 0): Clock {
  const shared = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)
  const state = new Float64Array(shared)
  const listeners = new Set<() => void>()
  const now = () => timeOf(state, Date.now)
  const move = (to: number) => {
    state[0] = to
    for (const listener of listeners) listener()
  }
  state[0] = offsetMs
  return {
    shared,
    get offsetMs() {
      return state[0] ?? 0
    },
    set offsetMs(to: number) {
      move(to)
    },
    now,
    advance: (ms) => move((state[0] ?? 0) + ms),
    stop() {
      state[1] ||= Date.now()
    },
    go() {
      const offset = now() - Date.now()
      state[1] = 0
      move(offset)
    },
    onAdvance(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

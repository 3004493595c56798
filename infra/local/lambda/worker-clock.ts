import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { timeOf } from '../clock.ts'

/**
 * Makes this thread see the time of the runner's clock, which may move or stop at any moment:
 * `Date`, and the time within `crypto.randomUUIDv7`. Timers keep running in real time.
 */
export function installClock(shared: SharedArrayBuffer): void {
  const state = new Float64Array(shared)
  const RealDate = Date
  const now = () => timeOf(state, RealDate.now)

  function MovedDate(this: unknown, ...parts: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(now()).toString()
    return Reflect.construct(RealDate, parts.length === 0 ? [now()] : parts, new.target)
  }
  Object.setPrototypeOf(MovedDate, RealDate)
  MovedDate.prototype = RealDate.prototype
  MovedDate.now = now
  RealDate.prototype.constructor = MovedDate
  Object.defineProperty(MovedDate, 'name', { value: 'Date' })
  globalThis.Date = MovedDate as unknown as DateConstructor

  // Node takes the time of a UUID from its own clock, out of reach of the global Date.
  const node = crypto as { randomUUIDv7?: (...parts: unknown[]) => string }
  const real = node.randomUUIDv7
  if (real === undefined) return
  node.randomUUIDv7 = (...parts) => {
    const id = real(...parts)
    if (state.every((value) => value === 0)) return id
    const time = Math.floor(now()).toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}${id.slice(13)}`
  }
  syncBuiltinESMExports()
}

import { availableParallelism } from 'node:os'

/** How long the work below takes on the quiet machine of durations.json. */
const referenceMs = 41

/** A moment of much other work says little about the minutes that follow. */
const most = 16

/** Files of tests that run at the same time. */
export const workers = Math.max(1, Math.min(2, availableParallelism()))

/**
 * How many times as long as on that machine things take here and now, because of slower hardware
 * or other work; at least 1. Time limits are stretched by it, so that no test fails by the clock.
 * Measured once a run, and handed to its workers by the environment.
 */
export function slowness(): number {
  process.env.SLOWNESS ??= String(Math.min(Math.max(1, measured()), most))
  return Number(process.env.SLOWNESS)
}

function measured(): number {
  // Before the third time the loop is not compiled.
  for (let warmUp = 0; warmUp < 3; warmUp++) work()
  const started = performance.now()
  const rounds = 20
  for (let round = 0; round < rounds; round++) work()
  return (performance.now() - started) / (rounds * referenceMs)
}

function work(): void {
  let sum = 0
  for (let at = 0; at < 8_000_000; at++) sum = (sum * 31 + at) | 0
  // It never is; without this check the loop could be left out.
  if (sum === 0.5) throw new Error()
}

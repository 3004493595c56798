import type { Clock } from '../infra/local/clock.ts'

/** What is done while no time passes, however slow the machine is, but by `clock.advance`. */
export async function withoutTime(clock: Clock, act: () => Promise<void>): Promise<void> {
  clock.stop()
  try {
    await act()
  } finally {
    clock.go()
  }
}

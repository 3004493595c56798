import type { Clock } from '../infra/local/clock.ts'

/** What is done while no time passes, however slow the machine is, but by `clock.advance`. */
export async function withoutTime<Result>(
  clock: Clock,
  act: () => Promise<Result>,
): Promise<Result> {
  clock.stop()
  try {
    return await act()
  } finally {
    clock.go()
  }
}

import { lineChart, number } from '../../bench/charts.ts'
import type { Slot, Summary } from './summary.ts'

export interface Report extends Summary {
  readonly on: string
  readonly machine: string
  /** Requests a second that were sent. */
  readonly rate: number
}

/** Draws what a soak measured. */
export function plot({ machine, rate, requests, serverErrors, overTime }: Report): Promise<string> {
  const line = (label: string, value: (slot: Slot) => number) => ({
    label,
    points: overTime.map((slot) => ({ x: slot.at, y: value(slot) })),
  })
  return lineChart(
    {
      title: `Mixed traffic at ${rate} requests a second, on the local runner`,
      subtitle: [
        `${number(requests)} requests, ${number(serverErrors)} answers of 5xx; ${machine}.`,
      ],
      panels: [
        {
          title: 'Latency, ms',
          lines: [
            line('p99', ({ p99 }) => p99),
            line('p95', ({ p95 }) => p95),
            line('p50', ({ p50 }) => p50),
          ],
        },
        {
          title: 'Memory of gateway and functions, MB',
          lines: [line('resident', ({ memoryMb }) => memoryMb)],
        },
      ],
    },
    { title: 'seconds' },
  )
}

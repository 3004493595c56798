import type { ColdStart } from './parts/cold-start.ts'
import type { CostCurve } from './parts/cost-curve.ts'
import type { EndToEnd } from './parts/end-to-end.ts'
import type { Figures } from './rounds.ts'

/** The results of one run. */
export interface Results {
  readonly measuredAt: string
  readonly machine: string
  readonly node: string
  readonly rounds: number
  /** Bytes of the bundles, by function. */
  readonly bundleBytes: Readonly<Record<string, number>>
  readonly coldStart: ColdStart
  readonly invocation: Readonly<Record<string, Figures>>
  readonly authorization: Figures
  readonly wholeRequest: Figures
  readonly tokens: Readonly<Record<string, { readonly verify: Figures; readonly sign: Figures }>>
  readonly endToEnd: EndToEnd
  readonly costCurve: CostCurve
  readonly goals: readonly Goal[]
}

/** A ratio or number to reach. */
export interface Goal {
  readonly what: string
  readonly limit: number
  readonly measured: number
  readonly met: boolean
}

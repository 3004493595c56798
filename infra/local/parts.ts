import type { Accepted } from '../plan/change.ts'
import type { ServedRecord } from './admission.ts'
import type { Calls } from './aws/calls.ts'
import type { Caller, Endpoint } from './aws/endpoint.ts'
import type { Engine } from './aws/engine.ts'
import type { Mailbox } from './aws/mailbox.ts'
import type { SecretStore } from './aws/secret-store.ts'
import type { Clock } from './clock.ts'
import type { GatewayServer } from './gateway/gateway-server.ts'
import type { DeadLetter } from './lambda/delivery.ts'
import type { EventSource } from './lambda/event-source.ts'
import type { Positions } from './lambda/positions.ts'
import type { Log } from './logs.ts'
import type { FunctionModel } from './model.ts'

/** What the runner has, whichever template it serves. */
export interface Parts {
  readonly dataDir: string | undefined
  readonly clock: Clock
  readonly log: Log
  readonly calls: Calls
  readonly callers: Map<string, Caller>
  readonly server: GatewayServer
  readonly engine: Engine
  readonly endpoint: Endpoint
  readonly secrets: SecretStore
  readonly mailbox: Mailbox
  /** How far the event sources have come. */
  readonly positions: Positions
  readonly deadLetters: DeadLetter[]
  /** What the data was last served with. */
  readonly served: ServedRecord
  /** Whether several changes of a table's indexes are made one after another, or refused. */
  readonly successive: boolean
  /** What the next deployment may replace and open. */
  accepted: Accepted
  /** Tells the developer what a change of a declaration means. */
  readonly say: (text: string) => void
  /** The event sources at work. */
  readonly eventSources: Set<EventSource>
  /** Whether permitted calls of DynamoDB go from the function straight to the engine. */
  readonly direct: boolean
  /** The directory of a function's bundle. */
  readonly codeOf: (model: FunctionModel) => Promise<string>
  /** Instances per function. */
  readonly concurrency: number
  /** Told when a step of the start is done. */
  readonly onStep: (step: string) => void
}

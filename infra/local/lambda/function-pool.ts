import { randomUUID } from 'node:crypto'
import { Failure } from '../../failure.ts'
import type { Policy } from '../aws/iam.ts'
import type { FunctionModel } from '../model.ts'
import { FunctionError } from './function-error.ts'
import { type Instance, type Platform, startInstance } from './instance.ts'

/**
 * An event that has waited this long, since the last instance became ready, has another started.
 * Each new instance is given the time to work the queue off: a cold start costs more than a wait.
 */
const patienceMs = 50

/** Lambda's limit for the answer of a synchronous invocation. */
const maximumPayload = 6 * 1024 * 1024

/** All instances of one function. */
export interface FunctionPool {
  readonly model: FunctionModel
  /** Runs the function with an event (JSON) and answers its result (JSON), or a FunctionError. */
  invoke(event: string, traceId?: string): Promise<string>
  instances(): number
  /** Ends all instances at once, as a crash of each would. */
  kill(): Promise<void>
  /** Lets the events in flight end, then ends the instances. */
  retire(graceMs: number): Promise<void>
}

interface Job {
  readonly event: string
  readonly traceId: string
  readonly queuedAt: number
  resolve(result: string): void
  reject(error: Error): void
}

/**
 * One event at a time per instance, as Lambda has it: a free instance takes the event (the one
 * used last first), else it waits; a waiting event has more instances started, up to the limit.
 */
export function functionPool(
  model: FunctionModel,
  policy: Policy,
  platform: Platform,
  concurrency: number,
): FunctionPool {
  const limit = Math.min(concurrency, model.reservedConcurrency ?? concurrency)
  const live = new Set<Instance>()
  const idle: Instance[] = []
  let queue: Job[] = []
  let starting = 0
  let readyAt = 0
  let busy = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function start(): Promise<void> {
    starting += 1
    try {
      const instance = await started()
      readyAt = performance.now()
      starting -= 1
      free(instance)
    } catch (error) {
      starting -= 1
      queue.shift()?.reject(error as Error)
      consider()
    }
  }

  async function started(): Promise<Instance> {
    const directory = await platform.codeOf(model)
    if (closed) throw new Failure(`${model.tag} has been stopped`)
    const instance = startInstance(model, directory, policy, platform, (ended) => {
      live.delete(ended)
      const index = idle.indexOf(ended)
      if (index >= 0) idle.splice(index, 1)
      consider()
    })
    live.add(instance)
    await instance.ready
    return instance
  }

  function free(instance: Instance): void {
    const job = queue.shift()
    if (job === undefined) idle.push(instance)
    else run(instance, job)
  }

  function run(instance: Instance, job: Job): void {
    busy += 1
    const { event, traceId } = job
    const { timeoutMs } = model
    instance.run({ requestId: randomUUID(), event, traceId, timeoutMs }).then(
      (result) => {
        busy -= 1
        if (result.length > maximumPayload && Buffer.byteLength(result) > maximumPayload) {
          const errorMessage = `Response payload size exceeded maximum allowed payload size (${maximumPayload} bytes).`
          job.reject(
            new FunctionError({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
          )
        } else {
          job.resolve(result)
        }
        free(instance)
      },
      (error: Error) => {
        busy -= 1
        job.reject(error)
        // After a throw the instance lives on; after a timeout or a crash it does not.
        if (!instance.isOver()) free(instance)
      },
    )
  }

  function consider(): void {
    const [oldest] = queue
    if (oldest === undefined || closed) return
    const waited = performance.now() - Math.max(oldest.queuedAt, readyAt)
    const pressing = live.size === 0 || waited >= patienceMs
    if (pressing && starting === 0 && live.size < limit) void start()
    timer ??= setTimeout(() => {
      timer = undefined
      consider()
    }, patienceMs)
  }

  return {
    model,
    instances: () => live.size,
    invoke(event, traceId = 'Root=1-00000000-000000000000000000000000') {
      if (closed) return Promise.reject(new Failure(`${model.tag} has been stopped`))
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const job = { event, traceId, queuedAt: performance.now(), resolve, reject }
      const instance = idle.pop()
      if (instance !== undefined) {
        run(instance, job)
      } else {
        queue.push(job)
        consider()
      }
      return promise
    },
    async kill() {
      idle.length = 0
      await Promise.all([...live].map((instance) => instance.kill('killed')))
    },
    async retire(graceMs) {
      const deadline = performance.now() + graceMs
      while (busy + queue.length > 0 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      closed = true
      clearTimeout(timer)
      for (const job of queue) job.reject(new Failure(`${model.tag} has been stopped`))
      queue = []
      await Promise.all([...live].map((instance) => instance.kill('stopped')))
    },
  }
}

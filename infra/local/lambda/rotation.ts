import { Failure } from '../../failure.ts'
import { beginRotation, endRotation, findSecret, type SecretStore } from '../aws/secret-store.ts'
import type { Clock } from '../clock.ts'
import { type Log, platformLog } from '../logs.ts'
import type { Model, RotationModel } from '../model.ts'
import type { FunctionPool } from './function-pool.ts'

export interface Rotations {
  /** Rotates those secrets whose schedule is new or changed, as a deployment does. */
  first(): Promise<void>
  /** Rotates one secret (by its logical id, name or ARN), or all. */
  rotate(secret?: string): Promise<void>
  stop(): void
}

interface RotationOptions {
  readonly model: Model
  readonly secrets: SecretStore
  readonly poolOf: (functionArn: string) => FunctionPool
  readonly clock: Clock
  readonly log: Log
}

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const checkEveryMs = 60_000

/**
 * Rotates secrets as Secrets Manager does: four steps of the rotation function, at once when the
 * schedule is new and again when it is due.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export function scheduleRotations(options: RotationOptions): Rotations {
  const { model, secrets, poolOf, clock, log } = options
  for (const { id, functionArn } of model.rotations) {
    const permitted = model.permissions.some(
      (p) => p.principal === 'secretsmanager.amazonaws.com' && p.functionArn === functionArn,
    )
    if (!permitted) throw new Failure(`${id}: Secrets Manager may not invoke ${functionArn}`)
  }

  async function run({ revision, secretArn, functionArn }: RotationModel): Promise<void> {
    const ClientRequestToken = beginRotation(secrets, secretArn)
    const pool = poolOf(functionArn)
    for (const Step of steps) {
      try {
        await pool.invoke(JSON.stringify({ Step, SecretId: secretArn, ClientRequestToken }))
      } catch (error) {
        const reason = (error as Error).message
        throw new Failure(`the rotation of ${secretArn} failed at ${Step}: ${reason}`)
      }
    }
    endRotation(secrets, secretArn, ClientRequestToken, revision)
  }

  // One rotation of a secret at a time.
  let last: Promise<void> = Promise.resolve()
  const oneByOne = (rotations: RotationModel[]): Promise<void> => {
    const work = async () => {
      for (const rotation of rotations) await run(rotation)
    }
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }

  const isDue = ({ secretArn, everyMs }: RotationModel): boolean => {
    const { rotatedAt, createdAt } = findSecret(secrets, secretArn)
    return everyMs !== undefined && clock.now() >= (rotatedAt ?? createdAt) + everyMs
  }

  const check = () => {
    const due = model.rotations.filter(isDue)
    if (due.length === 0) return
    oneByOne(due.filter(isDue)).catch((error: Error) => {
      platformLog(log, 'ERROR', error.message)
    })
  }
  const timer = setInterval(check, checkEveryMs).unref()
  const unsubscribe = clock.onAdvance(check)

  return {
    async first() {
      const wanted = model.rotations.filter(
        ({ revision, secretArn, rotateAtOnce }) =>
          rotateAtOnce && findSecret(secrets, secretArn).rotatedFor !== revision,
      )
      await oneByOne(wanted)
      check()
      await last
    },
    rotate(secret) {
      const models = model.secrets.filter(
        ({ id, name, arn }) => secret === undefined || [id, name, arn].includes(secret),
      )
      const wanted = model.rotations.filter(({ secretArn }) =>
        models.some(({ arn }) => arn === secretArn),
      )
      if (wanted.length === 0) throw new Failure(`no rotation schedule of ${secret ?? 'a secret'}`)
      return oneByOne(wanted)
    },
    stop() {
      clearInterval(timer)
      unsubscribe()
    },
  }
}

import { anyMethod } from '../any-method.ts'
import { Failure } from '../failure.ts'
import type { Throttle } from './model.ts'
import type { Entry } from './template-reader.ts'

interface MethodSetting {
  HttpMethod: string
  ResourcePath: string
  ThrottlingRateLimit?: number
  ThrottlingBurstLimit?: number
}

/** The throttles of a route, by method: each has its own, also where the route is `ANY`. */
export type ThrottlesOf = (path: string, method: string) => Readonly<Record<string, Throttle>>

/**
 * Reads the throttles of a stage.
 * @throws Failure for a method that API Gateway does not take in a setting, `ANY` among them
 */
export function readThrottles({ id, properties }: Entry): ThrottlesOf {
  const settings = (properties.MethodSettings ?? []) as MethodSetting[]
  for (const setting of settings) checkSetting(id, setting)
  return (path, method) => {
    const methods = method === 'ANY' ? anyMethod : [method]
    return Object.fromEntries(
      methods.flatMap((each) => {
        const throttle = throttleOf(path, each, settings)
        return throttle ? [[each, throttle]] : []
      }),
    )
  }
}

/** UpdateStage answers «Invalid method setting path», and CloudFormation rolls back. */
function checkSetting(id: string, { HttpMethod, ResourcePath }: MethodSetting): void {
  const isTaken = ResourcePath === '/*' ? HttpMethod === '*' : anyMethod.includes(HttpMethod)
  if (isTaken) return
  throw new Failure(
    `${id}: API Gateway takes no setting for the method ${HttpMethod} of ${ResourcePath}: it takes one of ${anyMethod.join(', ')}, or * for /*`,
  )
}

/** The most specific of the stage's settings; `~1` is an escaped slash. */
function throttleOf(path: string, method: string, settings: MethodSetting[]): Throttle | undefined {
  const unescaped = (setting: MethodSetting) => {
    const text = setting.ResourcePath.replaceAll('~1', '/').replace(/^\/\//, '/')
    return text === '' ? '/' : text
  }
  const matches = (setting: MethodSetting, candidate: string) =>
    unescaped(setting) === candidate &&
    (setting.HttpMethod === '*' || setting.HttpMethod === method) &&
    setting.ThrottlingRateLimit !== undefined
  const setting =
    settings.find((candidate) => matches(candidate, path)) ??
    settings.find((candidate) => matches(candidate, '/*'))
  if (setting === undefined) return undefined
  return {
    ratePerSecond: Number(setting.ThrottlingRateLimit),
    burst: Number(setting.ThrottlingBurstLimit ?? setting.ThrottlingRateLimit),
  }
}

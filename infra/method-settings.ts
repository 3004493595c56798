import { type CfnStage, MethodLoggingLevel } from 'aws-cdk-lib/aws-apigateway'
import type { Resource } from '../functions/model/declaration.ts'
import { methodsOf, type Route } from '../functions/model/route.ts'
import { anyMethod } from './any-method.ts'
import { everyPath } from './api-definition.ts'
import type { Product } from './product.ts'
import type { Throttle } from './stage.ts'
import type { Stage } from './stages.ts'

type Setting = CfnStage.MethodSettingProperty

/**
 * How many requests the stage lets through and what it logs of them: of each method, and of those
 * that are named. `ANY` cannot be named, only what it stands for.
 */
export function methodSettings(
  { resources, routes }: Product,
  { throttle, hashing }: Stage,
): Setting[] {
  const named = [
    // Whoever looks for holes gets a tenth of what clients get.
    ...anyMethod.map((method) => setting(everyPath, method, part(throttle, 10))),
    // Public reads cannot use up what those who have signed in may ask for.
    ...settings(publicRoutes(resources), part(throttle, 2)),
    // Hashes take so long that at the whole stage's rate they would take all of Lambda's instances.
    ...settings(
      routes.filter(({ hashes }) => hashes),
      hashing,
    ),
  ]
  return [
    {
      resourcePath: '/*',
      httpMethod: '*',
      ...limits(throttle),
      // Metrics of every method would be billed one by one; the log tells routes apart.
      metricsEnabled: false,
      dataTraceEnabled: false,
    },
    // Of two settings of one method the last counts.
    ...new Map(named.map((each) => [`${each.httpMethod} ${each.resourcePath}`, each])).values(),
  ]
}

function publicRoutes(resources: readonly Resource[]): Route[] {
  return resources
    .flatMap(({ routes, ownRoutes }) => [...routes, ...ownRoutes])
    .filter(({ access }) => access === 'public')
}

function settings(routes: readonly Route[], throttle: Throttle): Setting[] {
  return routes.flatMap((route) =>
    methodsOf(route).map((method) => setting(route.path, method, throttle)),
  )
}

/**
 * A method that is named inherits nothing: without a level of its own it would log nothing. What it
 * may leave out is left out, as one update of a stage takes no more than about 80 values.
 */
function setting(path: string, httpMethod: string, throttle: Throttle): Setting {
  return { resourcePath: `/${path.replaceAll('/', '~1')}`, httpMethod, ...limits(throttle) }
}

function limits({ rate, burst }: Throttle): Omit<Setting, 'resourcePath' | 'httpMethod'> {
  return {
    throttlingRateLimit: rate,
    throttlingBurstLimit: burst,
    // Never more than errors: `INFO` writes requests down, tokens and bodies included.
    loggingLevel: MethodLoggingLevel.ERROR,
  }
}

function part({ rate, burst }: Throttle, divisor: number): Throttle {
  return { rate: Math.ceil(rate / divisor), burst: Math.ceil(burst / divisor) }
}

import type { Clock } from '../clock.ts'
import type { Throttle } from '../model.ts'

/**
 * A token bucket: `burst` requests at once, refilled at the steady rate.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export function tokenBucket({ ratePerSecond, burst }: Throttle, clock: Clock): () => boolean {
  let tokens = burst
  let filledAt = clock.now()
  return () => {
    const now = clock.now()
    // A clock that is set back takes nothing away.
    const elapsed = Math.max(0, now - filledAt)
    tokens = Math.min(burst, tokens + (elapsed / 1000) * ratePerSecond)
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

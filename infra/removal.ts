import { RemovalPolicy } from 'aws-cdk-lib'
import type { Stage } from './stages.ts'

/**
 * What becomes of a resource when the stack goes, or does without it: a stage that keeps its data
 * keeps it. A creation that fails leaves nothing behind.
 */
export function removal({ keepData }: Stage): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
}

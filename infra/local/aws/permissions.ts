import type { FunctionModel } from '../model.ts'
import type { Policy } from './iam.ts'
import type { Need } from './service.ts'

/** Why a function may not make a call, in IAM's words; `undefined` when it may. */
export function refusalOf(
  { name, roleArn }: Pick<FunctionModel, 'name' | 'roleArn'>,
  policy: Policy | undefined,
  needs: readonly Need[],
): string | undefined {
  for (const { action, resource, context } of needs) {
    const decision = policy?.decide(action, resource, context) ?? 'denied'
    if (decision === 'allowed') continue
    const why =
      decision === 'denied'
        ? `because no identity-based policy allows the ${action} action`
        : 'with an explicit deny in an identity-based policy'
    const user = roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')
    return `User: ${user}/${name} is not authorized to perform: ${action} on resource: ${resource} ${why}`
  }
  return undefined
}

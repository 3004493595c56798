import { type App, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/**
 * Has cdk-nag look at the app in every synthesis that validates: neither tests nor the local
 * runner do, as it takes seconds.
 */
export async function findings(app: App): Promise<void> {
  if (process.env.CDK_VALIDATION === 'false') return
  const { AwsSolutionsChecks, ServerlessChecks } = await import('cdk-nag')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
}

/** Accepts a finding on a construct and all in it; `AwsSolutions-APIG4` is one of AwsSolutions. */
export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `${rule.split('-')[0]}::${rule}`, reason })
}

import type { SpecRestApi } from 'aws-cdk-lib/aws-apigateway'
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { type Stage, stackName } from './stages.ts'

/** Requests of one address in five minutes, beyond which it waits. */
const addressLimit = 2_000

/** AWS's lists of known attacks and hostile addresses, and a limit for each address. */
const managedRules = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
]

/**
 * The common rules refuse bodies over 8 kB, and those with markup, `../`, or the address of a machine
 * in them: all of it is text to this API. They also refuse a query of over 2,048 bytes, and a cursor
 * alone may have so many. These rules only count.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
const tolerated: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesCommonRuleSet: [
    'SizeRestrictions_BODY',
    'SizeRestrictions_QUERYSTRING',
    'CrossSiteScripting_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'EC2MetaDataSSRF_BODY',
  ],
}

/** AWS WAF before the API, where the stage wants it. */
export function firewall(api: SpecRestApi, stage: Stage): void {
  if (!stage.firewall) return
  const visible = (metricName: string) => ({
    metricName,
    cloudWatchMetricsEnabled: true,
    sampledRequestsEnabled: false,
  })
  const managed = managedRules.map((name, index) => ({
    name,
    priority: index + 1,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: (tolerated[name] ?? []).map((rule) => ({
          name: rule,
          actionToUse: { count: {} },
        })),
      },
    },
    visibilityConfig: visible(name),
  }))
  const acl = new CfnWebACL(api, 'Firewall', {
    name: stackName(stage),
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visible(stackName(stage)),
    rules: [
      {
        name: 'AddressLimit',
        priority: 0,
        action: { block: {} },
        statement: { rateBasedStatement: { limit: addressLimit, aggregateKeyType: 'IP' } },
        visibilityConfig: visible('AddressLimit'),
      },
      ...managed,
    ],
  })
  new CfnWebACLAssociation(api, 'FirewallAssociation', {
    resourceArn: api.deploymentStage.stageArn,
    webAclArn: acl.attrArn,
  })
}

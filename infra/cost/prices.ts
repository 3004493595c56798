/** AWS's price for a number of things, US dollars. */
export interface Price {
  readonly usd: number
  readonly per: number
  readonly unit: string
  /** The name of its line on a bill. */
  readonly part: string
}

/** Copied from AWS's price lists: look them up before you quote them. */
export const priced = { on: '2026-11', region: 'us-east-1', at: 'https://aws.amazon.com/pricing/' }

const million = 1e6

/** Without the free tiers, which end or are small compared with the bill. */
export const prices = {
  gatewayRequests: { usd: 3.5, per: million, unit: 'requests', part: 'API Gateway' },
  invocations: { usd: 0.2, per: million, unit: 'invocations', part: 'Lambda requests' },
  gigabyteSeconds: { usd: 0.0000133334, per: 1, unit: 'GB-s', part: 'Lambda time (arm64)' },
  readUnits: { usd: 0.125, per: million, unit: 'units', part: 'DynamoDB reads' },
  writeUnits: { usd: 0.625, per: million, unit: 'units', part: 'DynamoDB writes' },
  storage: { usd: 0.25, per: 1, unit: 'GB', part: 'DynamoDB storage' },
  backups: { usd: 0.2, per: 1, unit: 'GB', part: 'DynamoDB point-in-time recovery' },
  secrets: { usd: 0.4, per: 1, unit: 'secrets', part: 'Secrets Manager' },
  secretCalls: { usd: 0.05, per: 10_000, unit: 'calls', part: 'Secrets Manager calls' },
  keys: { usd: 1, per: 1, unit: 'keys', part: 'KMS' },
  logs: { usd: 0.5, per: 1, unit: 'GB', part: 'CloudWatch Logs' },
  keptLogs: { usd: 0.03, per: 1, unit: 'GB', part: 'CloudWatch Logs, kept (compressed)' },
  metrics: { usd: 0.3, per: 1, unit: 'metrics', part: 'CloudWatch metrics' },
  alarms: { usd: 0.1, per: 1, unit: 'metrics', part: 'CloudWatch alarms' },
  dashboards: { usd: 3, per: 1, unit: 'dashboards', part: 'CloudWatch dashboard' },
  traces: { usd: 5, per: million, unit: 'traces', part: 'X-Ray' },
  firewalls: { usd: 9, per: 1, unit: 'web ACLs', part: 'WAF with four rules' },
  firewallRequests: { usd: 0.6, per: million, unit: 'requests', part: 'WAF requests' },
  transfer: { usd: 0.09, per: 1, unit: 'GB', part: 'Data transfer out' },
} as const satisfies Record<string, Price>

export type Item = keyof typeof prices
export type Usage = Readonly<Partial<Record<Item, number>>>

/** Amazon Cognito's price of a monthly active user, by plan, and how many users are free. */
export const cognito = [
  { plan: 'Lite', usd: 0.0055, free: 10_000 },
  { plan: 'Essentials', usd: 0.015, free: 10_000 },
  { plan: 'Plus', usd: 0.02, free: 0 },
] as const

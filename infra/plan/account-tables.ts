export interface Keys {
  readonly partition: string
  readonly sort?: string | undefined
  readonly timeToLive?: string
  /** Holds what the stack's own key protects. */
  readonly secret?: boolean
}

/** The tables that no resource has. */
export const accountTables: Readonly<Record<string, Keys>> = {
  credentials: { partition: 'username', secret: true },
  sessions: { partition: 'userId', sort: 'sessionId', timeToLive: 'ttl', secret: true },
  throttle: { partition: 'key', timeToLive: 'endsAt' },
  keys: { partition: 'use', sort: 'kid', timeToLive: 'endsAt' },
}

/** What is to be mailed, where the stage sends mail. */
export const outbox: Keys = { partition: 'id', timeToLive: 'expiresAt', secret: true }

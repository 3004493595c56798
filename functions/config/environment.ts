import { hash } from 'node:crypto'

/**
 * Every environment variable of the functions, named once: the stack sets them by these names, the
 * functions read them through `required` and `optional`.
 */
export const variables = {
  /** What Powertools calls the service: the stack, on every log line and metric. */
  service: 'POWERTOOLS_SERVICE_NAME',
  /** The function's own name: its file's. */
  function: 'FUNCTION_NAME',
  /** One in so many successful requests writes its line, where not every one does. */
  requestsALine: 'REQUESTS_A_LINE',
  /** The physical name of a table. */
  table: (name: string) => `${name.toUpperCase().replaceAll('-', '_')}_TABLE`,
  /** What the names of all tables begin with, and how each goes on after its id: `books=-1ABC…`. */
  tablePrefix: 'TABLE_PREFIX',
  tables: 'TABLES',
  /** The id of the secret with the signing key and the refresh tokens' keys. */
  signingSecret: 'SIGNING_SECRET_ID',
  /** The id of the secret that second factors are kept under. */
  factorSecret: 'FACTOR_SECRET_ID',
  /** JWS algorithm of access tokens: ES256, EdDSA, RS256 or HS256. */
  algorithm: 'TOKEN_ALGORITHM',
  /** Lifetime of an access token, seconds. */
  tokenLifetime: 'TOKEN_LIFETIME_SECONDS',
  /** The `aud` claim of access tokens. */
  audience: 'TOKEN_AUDIENCE',
  /** Set where the stage sends no mail. */
  withoutMail: 'WITHOUT_MAIL',
  /** The sender of mails. */
  mailFrom: 'MAIL_FROM',
  /** The page that links in mails lead to, where it is not this API's own. */
  appUrl: 'APP_URL',
  /** The id of the secret that seals the links. */
  mailSecret: 'MAIL_SECRET_ID',
  /** SES's configuration set. */
  configurationSet: 'CONFIGURATION_SET',
  /** Where clients reach the API, if not at its execute-api address; the `iss` claim. */
  publicUrl: 'PUBLIC_URL',
  /** Origins that browsers may call from, separated by spaces. */
  allowedOrigins: 'ALLOWED_ORIGINS',
  /** log2 of the rounds of bcrypt. */
  bcryptCost: 'BCRYPT_COST',
  /** The fewest characters of a new password, where a stage asks for more than 8. */
  passwordMinimum: 'PASSWORD_MINIMUM',
  /** How many tries in how many seconds: `10/900`. */
  budget: (name: string) => `${name.toUpperCase().replaceAll('-', '_')}_BUDGET`,
} as const

/** CloudWatch's namespace of what the functions measure. */
export const metricsNamespace = 'Portcullis'

/** @throws Error naming the variable, when the stack did not set it */
export function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}

export function optional(name: string): string | undefined {
  return process.env[name] || undefined
}

/** @throws Error naming the variable, when it is not a positive whole number */
export function requiredInteger(name: string): number {
  const value = Number(required(name))
  if (!Number.isSafeInteger(value) || value <= 0)
    throw new Error(`The environment variable ${name} is not a positive whole number`)
  return value
}

const tableNames = new Map<string, string>()

/** The physical name of one of the stack's tables; remembered, as the environment is slow to read. */
export function tableName(name: string): string {
  const known = tableNames.get(name)
  if (known) return known
  const physical = shortName(name) ?? required(variables.table(name))
  tableNames.set(name, physical)
  return physical
}

/** For a function that may use every table: their full names would not fit its environment. */
function shortName(name: string): string | undefined {
  const tails = optional(variables.tables)?.split(' ') ?? []
  const tail = tails.find((each) => each.startsWith(`${name}=`))
  return (
    tail && `${optional(variables.tablePrefix) ?? ''}${tableId(name)}${tail.slice(name.length + 1)}`
  )
}

/** The id of a table within the stack; with another id it would be another table, and empty. */
export function tableId(name: string): string {
  const digest = hash('md5', `Tables/${name}/Resource`)
  return `Tables${name.replaceAll('-', '')}${digest.slice(0, 8).toUpperCase()}`
}

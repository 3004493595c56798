/** The template as the runner serves it: every intrinsic function evaluated, every name final. */
export interface Model {
  stack: string
  region: string
  account: string
  functions: FunctionModel[]
  tables: TableModel[]
  secrets: SecretModel[]
  rotations: RotationModel[]
  eventSources: EventSourceModel[]
  permissions: PermissionModel[]
  api: ApiModel | undefined
  /** Resource types that the template has and the runner has no use for. */
  ignored: string[]
}

export interface FunctionModel {
  id: string
  name: string
  arn: string
  /** The stable name: the `Description`, which the stack sets to the function's file name. */
  tag: string
  directory: string
  handler: string
  runtime: string
  environment: Record<string, string>
  timeoutMs: number
  memoryMb: number
  reservedConcurrency: number | undefined
  logFormat: string
  logLevel: string | undefined
  logGroup: string
  roleArn: string
  statements: Statement[]
}

/** One statement of an IAM policy, as the template has it. */
export interface Statement {
  Sid?: string
  Effect?: string
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}

export interface KeyElement {
  AttributeName: string
  KeyType: string
}

export interface IndexModel {
  IndexName: string
  KeySchema: KeyElement[]
  Projection: unknown
}

export interface TableModel {
  id: string
  name: string
  arn: string
  streamArn: string | undefined
  keys: KeyElement[]
  attributes: { AttributeName: string; AttributeType: string }[]
  globalIndexes: IndexModel[]
  localIndexes: IndexModel[]
  streamView: string | undefined
  ttlAttribute: string | undefined
}

export interface SecretModel {
  id: string
  name: string
  arn: string
  value: string | undefined
  generate: PasswordRules | undefined
}

/** `GenerateSecretString` of a secret and the request of `GetRandomPassword`. */
export interface PasswordRules {
  PasswordLength?: number
  ExcludeCharacters?: string
  ExcludeLowercase?: boolean
  ExcludeUppercase?: boolean
  ExcludeNumbers?: boolean
  ExcludePunctuation?: boolean
  IncludeSpace?: boolean
  RequireEachIncludedType?: boolean
  SecretStringTemplate?: string
  GenerateStringKey?: string
}

export interface RotationModel {
  id: string
  /** Changes with any property of the schedule. */
  revision: string
  secretArn: string
  functionArn: string
  everyMs: number | undefined
  rotateAtOnce: boolean
}

export interface EventSourceModel {
  id: string
  tableName: string
  streamArn: string
  functionArn: string
  batchSize: number
  fromLatest: boolean
  /** -1: until it succeeds or the record is too old. */
  maximumRetries: number
  maximumAgeMs: number | undefined
  bisect: boolean
  reportsFailures: boolean
  filters: unknown[]
  deadLetterArn: string | undefined
}

/** A resource-based policy statement of a function. */
export interface PermissionModel {
  functionArn: string
  principal: string
  sourceArn: string | undefined
}

export interface Throttle {
  ratePerSecond: number
  burst: number
}

export interface ApiModel {
  id: string
  stage: string
  stageVariables: Record<string, string>
  routes: RouteModel[]
  authorizers: AuthorizerModel[]
  gatewayResponses: GatewayResponseModel[]
  binaryMediaTypes: string[]
  minimumCompressionSize: number | undefined
  accessLogFormat: string | undefined
}

export interface RouteModel {
  id: string
  /** The path with its placeholders: `/things/{id}`. */
  path: string
  /** An HTTP method or `ANY`. */
  method: string
  resourceId: string
  functionArn: string
  authorizerId: string | undefined
  timeoutMs: number
  throttle: Throttle | undefined
}

export interface AuthorizerModel {
  id: string
  functionArn: string
  header: string
  validation: string | undefined
  ttlSeconds: number
}

export interface GatewayResponseModel {
  type: string
  statusCode: number | undefined
  /** Header name to mapping expression. */
  headers: Record<string, string>
  templates: Record<string, string>
}

import type { TableIndex } from '../plan/index-steps.ts'
import type { DeclarationRecord } from '../plan/record.ts'

/** The template as the runner serves it: every intrinsic function evaluated, every name final. */
export interface Model {
  readonly stack: string
  readonly region: string
  readonly account: string
  readonly functions: readonly FunctionModel[]
  readonly tables: readonly TableModel[]
  /** What the stack was declared from, where it keeps a record of it. */
  readonly declared: DeclarationRecord | undefined
  readonly secrets: readonly SecretModel[]
  readonly rotations: readonly RotationModel[]
  readonly eventSources: readonly EventSourceModel[]
  /** The addresses and domains that the template lets SES send from. */
  readonly identities: readonly string[]
  readonly permissions: readonly PermissionModel[]
  readonly api: ApiModel | undefined
  /** Resource types that the template has and the runner has no use for. */
  readonly ignored: readonly string[]
}

export interface FunctionModel {
  readonly id: string
  readonly name: string
  readonly arn: string
  /** The stable name: the `Description`, which the stack sets to the function's file name. */
  readonly tag: string
  readonly directory: string
  readonly handler: string
  readonly runtime: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly reservedConcurrency: number | undefined
  readonly logFormat: string
  readonly logLevel: string | undefined
  readonly logGroup: string
  readonly roleArn: string
  readonly statements: readonly Statement[]
}

/** One statement of an IAM policy, as the template has it. */
export interface Statement {
  readonly Sid?: string
  readonly Effect?: string
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface KeyElement {
  readonly AttributeName: string
  readonly KeyType: string
}

export interface TableModel {
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly streamArn: string | undefined
  readonly keys: readonly KeyElement[]
  readonly attributes: readonly { readonly AttributeName: string; readonly AttributeType: string }[]
  readonly globalIndexes: readonly TableIndex[]
  readonly localIndexes: readonly TableIndex[]
  readonly streamView: string | undefined
  readonly ttlAttribute: string | undefined
}

export interface SecretModel {
  readonly id: string
  readonly name: string
  readonly arn: string
  readonly value: string | undefined
  readonly generate: PasswordRules | undefined
}

/** `GenerateSecretString` of a secret and the request of `GetRandomPassword`. */
export interface PasswordRules {
  readonly PasswordLength?: number
  readonly ExcludeCharacters?: string
  readonly ExcludeLowercase?: boolean
  readonly ExcludeUppercase?: boolean
  readonly ExcludeNumbers?: boolean
  readonly ExcludePunctuation?: boolean
  readonly IncludeSpace?: boolean
  readonly RequireEachIncludedType?: boolean
  readonly SecretStringTemplate?: string
  readonly GenerateStringKey?: string
}

export interface RotationModel {
  readonly id: string
  /** Changes with any property of the schedule. */
  readonly revision: string
  readonly secretArn: string
  readonly functionArn: string
  readonly everyMs: number | undefined
  readonly rotateAtOnce: boolean
}

export interface EventSourceModel {
  readonly id: string
  readonly tableName: string
  readonly streamArn: string
  readonly functionArn: string
  readonly batchSize: number
  readonly fromLatest: boolean
  /** -1: until it succeeds or the record is too old. */
  readonly maximumRetries: number
  readonly maximumAgeMs: number | undefined
  readonly bisect: boolean
  readonly reportsFailures: boolean
  readonly filters: readonly unknown[]
  readonly deadLetterArn: string | undefined
}

/** A resource-based policy statement of a function. */
export interface PermissionModel {
  readonly functionArn: string
  readonly principal: string
  readonly sourceArn: string | undefined
}

export interface Throttle {
  readonly ratePerSecond: number
  readonly burst: number
}

export interface ApiModel {
  readonly id: string
  readonly stage: string
  readonly stageVariables: Readonly<Record<string, string>>
  readonly routes: readonly RouteModel[]
  readonly authorizers: readonly AuthorizerModel[]
  readonly gatewayResponses: readonly GatewayResponseModel[]
  readonly binaryMediaTypes: readonly string[]
  readonly minimumCompressionSize: number | undefined
  readonly accessLogFormat: string | undefined
}

export interface RouteModel {
  readonly id: string
  /** The path with its placeholders: `/things/{id}`. */
  readonly path: string
  /** An HTTP method or `ANY`. */
  readonly method: string
  readonly functionArn: string
  /** Whether the role of the integration lets the gateway invoke the function. */
  readonly permitted: boolean
  readonly authorizerId: string | undefined
  readonly timeoutMs: number
  /** By method: each has its own, also where the route is `ANY`. */
  readonly throttles: Readonly<Record<string, Throttle>>
}

export interface AuthorizerModel {
  readonly id: string
  readonly functionArn: string
  readonly permitted: boolean
  readonly header: string
  readonly validation: string | undefined
  readonly ttlSeconds: number
}

export interface GatewayResponseModel {
  readonly type: string
  readonly statusCode: number | undefined
  /** Header name to mapping expression. */
  readonly headers: Readonly<Record<string, string>>
  readonly templates: Readonly<Record<string, string>>
}

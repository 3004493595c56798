/**
 * Stands for what the generator reads of an API and puts in the place of this file, so that the
 * others can be checked by themselves.
 */
export type Login = Readonly<Record<string, unknown>>

export interface LoginFactor {
  readonly challenge: string
}

export interface LoginTokens {
  readonly access_token: string
  readonly refresh_token?: string | undefined
}

export type ProblemCode = string

export interface ProblemCodes {
  readonly login: string
}

export interface ApiProblem<Code extends string = ProblemCode> {
  readonly status: number
  readonly detail: string
  readonly code: Code
  readonly challenge?: string | undefined
}

export interface ApiOperations {
  readonly auth: {
    login(body: Login): Promise<LoginTokens>
    loginFactor(body: LoginFactor): Promise<LoginTokens>
    logout(): Promise<void>
  }
}

export declare const basePath: string
export declare const operations: Readonly<Record<string, Readonly<Record<string, string>>>>

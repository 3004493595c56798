import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../functions/routes/registry.ts'
import { anyMethod } from '../../infra/any-method.ts'
import type { Template } from '../../infra/local/assembly.ts'
import type { ApiModel, Model } from '../../infra/local/model.ts'
import { stages } from '../../infra/stages.ts'
import { read, resources, synthesize } from '../assembly.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at whatever a template may hold
type Any = any

/**
 * `sam local start-api --template cdk.out/Portcullis-dev.template.json` needs Docker. What it makes
 * of the template is checked here, by the rules of its sources (samcli/lib/providers, samcli/local).
 */
describe('the template, as sam local start-api reads it', () => {
  let assembly: string
  let template: Template
  let model: Model
  beforeAll(async () => {
    // `npm run synth` sets this: only then do functions tell where their code lies.
    assembly = await synthesize(stages.dev, { 'aws:cdk:enable-asset-metadata': true })
    ;({ template, model } = read(assembly))
  })

  test('finds the code, handler and runtime of every function', () => {
    const functions = Object.values(template.Resources as Record<string, Any>).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    )
    expect(functions.length).toBe(model.functions.length)
    for (const { Metadata, Properties } of functions) {
      expect(Metadata['aws:asset:property']).toBe('Code')
      const [file, exported] = Properties.Handler.split('.')
      expect(existsSync(join(assembly, Metadata['aws:asset:path'], `${file}.mjs`))).toBe(true)
      expect([exported, Properties.Runtime]).toEqual(['handler', 'nodejs24.x'])
      // A function that may use any table is not reached by the API.
      if ('TABLES' in Properties.Environment.Variables) continue
      for (const value of Object.values(Properties.Environment.Variables))
        expect(typeof value === 'string' || typeof (value as Any).Ref === 'string').toBe(true)
    }
  })

  test('sends every route to its function, through the authorizer unless it is public', () => {
    const table = samRoutes(model.api)
    // The stage sends no mail.
    const served = routes.filter(({ mail }) => !mail)
    for (const { method, path, lambda, access } of served) {
      const found = table.get(`${path}:${method}`)
      const tag = model.functions.find(({ name }) => name === found?.functionName)?.tag
      expect(`${method} ${path} ${tag}`).toBe(`${method} ${path} ${lambda}`)
      if (access !== 'public') expect(found?.authorizerId, `${method} ${path}`).toBeDefined()
    }
  })

  test('takes the authorizer for what it is', () => {
    const [api] = resources<Any>(template, 'AWS::ApiGateway::RestApi')
    expect(api?.Properties.Body.components.securitySchemes).toEqual({
      token: {
        type: 'apiKey',
        name: 'Authorization',
        in: 'header',
        'x-amazon-apigateway-authtype': 'custom',
        'x-amazon-apigateway-authorizer': expect.objectContaining({ type: 'token' }),
      },
    })
    const arn = model.api?.authorizers[0]?.functionArn
    expect(model.functions.find((known) => known.arn === arn)?.tag).toBe('authorizer')
  })

  test('takes the stage from the template', () => {
    expect(model.api?.stage).toBe('dev')
  })
})

interface SamRoute {
  readonly functionName: string
  readonly authorizerId: string | undefined
}

/**
 * SAM puts the methods of one function at one path together, under the authorizer of the last of
 * them, and of two functions at one path the later one takes the methods over from the earlier.
 */
function samRoutes(api: ApiModel | undefined): Map<string, SamRoute> {
  const grouped = new Map<string, SamRoute & { path: string; methods: string[] }>()
  for (const { path, method, functionArn, authorizerId } of api?.routes ?? []) {
    const [, functionName = ''] =
      /^arn:aws:lambda:[^:]+:[^:]+:function:([\w-]+)/.exec(functionArn) ?? []
    const key = `${functionName} ${path}`
    const own = method === 'ANY' ? anyMethod : [method]
    const methods = [...own, ...(grouped.get(key)?.methods ?? [])]
    grouped.set(key, { path, functionName, authorizerId, methods })
  }
  const table = new Map<string, SamRoute>()
  for (const { path, methods, ...route } of grouped.values())
    for (const method of methods) table.set(`${path}:${method}`, route)
  return table
}

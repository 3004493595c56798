import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, test, vi } from 'vitest'
import { exampleOf } from '../../functions/docs/openapi-examples.ts'
import { line } from '../../functions/model/fields.ts'
import { pascalCase } from '../../functions/model/names.ts'
import { resource } from '../../functions/model/resource.ts'
import { routeKey } from '../../functions/model/route.ts'
import { resources, routes } from '../../functions/routes/registry.ts'
import { root } from '../../infra/bundle.ts'
import { document, operationIds } from '../api/answers.ts'

describe('the OpenAPI document', () => {
  test('is checked in as the declarations are; `npm run openapi` writes it', () => {
    // In a process of its own, which does not know the fixtures.
    const check = [join(root, 'infra/openapi.ts'), '--check']
    const { status, stderr } = spawnSync(process.execPath, check, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test.each<[string, string[]]>([
    ['Problem', ['problem']],
    ['OAuthError', ['oAuthError']],
    ['SitePage', ['site', 'site-page']],
    ['SiteCreate', ['site-create', 'site']],
  ])('is not made where %s would be two schemas', async (name, singulars) => {
    const fields = { title: line(1, 100) }
    const named = singulars.map((singular) => resource({ name: `${singular}s`, singular, fields }))
    vi.resetModules()
    vi.doMock('../../functions/resources/index.ts', () => ({ resources: named }))
    const { openapiDocument } = await import('../../functions/docs/openapi.ts')
    expect(openapiDocument).toThrow(
      `Two schemas are called ${name}: give a resource that has one of them another \`singular\``,
    )
    vi.doUnmock('../../functions/resources/index.ts')
    vi.resetModules()
  })

  test('describes every route, each under a name of its own', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(routes.map(routeKey).sort())
    expect(new Set(operationIds).size).toBe(routes.length)
  })

  test('says of reads alone that what a client has may be fresh', () => {
    const fresh = Object.values(document.paths).flatMap((methods) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        '304' in responses ? [method] : [],
      ),
    )
    expect(new Set(fresh)).toEqual(new Set(['get']))
  })

  test('has nothing that the linter complains of', () => {
    const redocly = join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js')
    const { stdout } = spawnSync(
      process.execPath,
      [redocly, 'lint', 'openapi.json', '--extends=recommended', '--format=json'],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      },
    )
    const { totals, problems } = JSON.parse(stdout)
    expect(problems).toEqual([])
    expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 })
  })

  test('says of every array how long it may be, of every fixed value its type', () => {
    const parts = [...partsOf(document)]
    const unbounded = parts.filter(({ part }) => part.type === 'array' && !part.maxItems)
    expect(unbounded.map(({ place }) => place)).toEqual([])
    const untyped = parts.filter(
      ({ part }) => ('const' in part || Array.isArray(part.enum)) && !('type' in part),
    )
    expect(untyped.map(({ place }) => place)).toEqual([])
  })

  test('says what each parameter, header and field is, but for those of declarations', () => {
    const declared = resources
      .filter(({ name }) => name !== 'users')
      .flatMap(({ singular, fields, readOnly }) =>
        Object.keys({ ...fields, ...readOnly }).flatMap((field) =>
          ['', 'Create', 'Replace', 'Patch'].map(
            (body) => `/components/schemas/${pascalCase(singular)}${body}/properties/${field}`,
          ),
        ),
      )
    const described = [...partsOf(document)].filter(
      ({ place, part }) =>
        !/^#\/components\/(?:headers|parameters)\//.test(part.$ref) &&
        /\/(?:properties|headers|parameters)\/[^/]+$/.test(place) &&
        // These narrow what the component before them says.
        !/\/allOf\/1\/properties\/\w+$/.test(place) &&
        !declared.some((field) => place === field || place.startsWith(`${field}/`)),
    )
    expect(described.length).toBeGreaterThan(300)
    const silent = described.filter(({ part }) => !part.description)
    expect(silent.map(({ place }) => place)).toEqual([])
  })

  test('names its pages and items', () => {
    const lists = Object.entries(document.paths).flatMap(([path, { get }]) =>
      get && 'Link' in (resolved(get.responses['200']).headers ?? {}) ? [path] : [],
    )
    expect(lists.length).toBeGreaterThan(5)
    for (const path of lists) {
      const { content } = resolved(document.paths[path]?.get?.responses['200'])
      const { $ref } = content['application/json'].schema
      expect($ref).toMatch(/^#\/components\/schemas\/\w+Page$/)
    }
  })

  test.each([
    [{ type: 'number', minimum: 0, maximum: 0.5 }, 0.5],
    [{ type: 'integer', minimum: -40, maximum: -1 }, -1],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: 'string', maxLength: 3 }, 'tex'],
    [{ type: 'string', minLength: 6 }, 'text t'],
    [{ type: 'array', minItems: 2, items: { type: 'boolean' } }, [false, false]],
  ])('keeps an example within its bounds: %o', (schema, example) => {
    expect(exampleOf(schema, {})).toEqual(example)
  })

  test('has examples of its answers that are as it says', () => {
    const ajv = new Ajv2020({ strict: false })
    formats.default(ajv)
    const answers = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, responses }) =>
        Object.values(responses).flatMap((response) => {
          const json = resolved(response).content?.['application/json']
          return json && 'example' in json ? [{ operationId, json }] : []
        }),
      )
    expect(answers.length).toBeGreaterThan(50)
    for (const { operationId, json } of answers) {
      const fits = ajv.compile({ ...json.schema, components: document.components })
      expect([operationId, fits(json.example), fits.errors]).toEqual([operationId, true, null])
    }
  })
})

// biome-ignore lint/suspicious/noExplicitAny: parts of the document of every shape
type Part = any

function* partsOf(part: Part, place = ''): Generator<{ place: string; part: Part }> {
  if (typeof part !== 'object' || part === null) return
  // `properties` itself is no such part: a `description` in it is a field.
  if (!Array.isArray(part) && !place.endsWith('/properties')) yield { place, part }
  for (const [name, inner] of Object.entries(part))
    if (!/^examples?$/.test(name)) yield* partsOf(inner, `${place}/${name}`)
}

function resolved(response: Part): Part {
  if (!response?.$ref) return response
  const [, , kind, name] = response.$ref.split('/')
  return (document.components as Part)[kind][name]
}

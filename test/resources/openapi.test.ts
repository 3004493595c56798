import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { routeKey } from '../../functions/model/route.ts'
import { routes } from '../../functions/routes/registry.ts'
import { root } from '../../infra/bundle.ts'
import { document, operationIds } from '../api/answers.ts'

describe('the OpenAPI document', () => {
  test('is checked in as the declarations are; `npm run openapi` writes it', () => {
    // In a process of its own, which does not know the fixtures.
    const check = [join(root, 'infra/openapi.ts'), '--check']
    const { status, stderr } = spawnSync(process.execPath, check, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('describes every route, each under a name of its own', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(routes.map(routeKey).sort())
    expect(new Set(operationIds).size).toBe(routes.length)
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
})

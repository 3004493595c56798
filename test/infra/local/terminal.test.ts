import { expect, test } from 'vitest'
import { heldBack } from '../../../infra/local/terminal.ts'

test('log lines wait for the introduction, and come in their order', () => {
  const lines: string[] = []
  const { log, release } = heldBack((line, source) => lines.push(`${source}: ${line}`))
  log('first', 'login')
  log('second', 'access')
  expect(lines).toEqual([])
  release()
  log('third', 'login')
  expect(lines).toEqual(['login: first', 'access: second', 'login: third'])
})

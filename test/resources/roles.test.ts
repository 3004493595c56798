import { describe, expect, test } from 'vitest'
import { roles, rolesWithin } from '../../functions/model/scopes.ts'
import { allScopes, resources, scopesOf } from '../../functions/routes/registry.ts'

describe('roles', () => {
  test('are those of the list, and one has what is within it', () => {
    expect(roles).toEqual(expect.arrayContaining(['member', 'admin']))
    expect([...rolesWithin('member')]).toEqual(['member'])
    expect([...rolesWithin('editor')]).toEqual(['editor', 'member'])
  })

  test('have what is declared for them, what is everybody’s, and nothing else', () => {
    for (const { name, access } of resources)
      for (const power of ['read', 'write', 'admin'] as const) {
        const declared = access.member?.includes(power)
        const everybodys = power === 'read' && access.public?.includes('read')
        expect(scopesOf('member').includes(`${name}:${power}`), `${name}:${power}`).toBe(
          Boolean(declared || everybodys),
        )
      }
    expect(scopesOf('admin')).toEqual(allScopes)
    expect(scopesOf('member')).not.toContain('bulletins:write')
    // Declared is `admin` alone, which implies the other two.
    for (const power of ['read', 'write', 'admin'])
      expect(scopesOf('editor')).toContain(`bulletins:${power}`)
  })
})

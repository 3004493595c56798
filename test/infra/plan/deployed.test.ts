import { describe, expect, test } from 'vitest'
import { tableId } from '../../../functions/config/environment.ts'
import { resources as declared } from '../../../functions/routes/registry.ts'
import { indexesOf, knownOf, readRecord } from '../../../infra/plan/deployed.ts'
import { type Indexes, indexSteps } from '../../../infra/plan/index-steps.ts'
import { recordOf } from '../../../infra/plan/record.ts'
import { stages } from '../../../infra/stages.ts'
import { assemblyOf, read, resources, synthesize } from '../../assembly.ts'

const names = declared.map(({ name }) => name)
const template = read(await assemblyOf('local')).template

/** A `compute` is known by its text, which the tests' own compiler writes differently. */
function uncomputed(all: object) {
  return Object.entries(all).map(([name, { computed: _, ...others }]) => ({ name, ...others }))
}

describe('the record of a stack', () => {
  test('stands in its template, and is what is declared', () => {
    const { resources = {} } = readRecord(template) ?? {}
    expect(uncomputed(resources)).toEqual(
      uncomputed(JSON.parse(JSON.stringify(recordOf(declared))).resources),
    )
    expect(knownOf(template, names)).toEqual(readRecord(template)?.resources)
  })

  test('where there is none, the tables tell keys, indexes and owners', () => {
    const { Metadata: _, ...without } = template
    const known = knownOf(without, names)
    expect(Object.keys(known).sort()).toEqual(names.toSorted())
    const record = recordOf(declared).resources
    for (const [name, { keys, indexes, owner, isPublic }] of Object.entries(known)) {
      const whole = record[name]
      expect({ keys, indexes, owner }, name).toEqual({
        keys: whole?.keys,
        indexes: whole?.indexes,
        owner: whole?.owner,
      })
      expect(isPublic, name).toBe(whole?.access.public !== undefined)
    }
  })

  test('of a version whose API was no document nothing was public', () => {
    const { Metadata: _, Resources } = template
    const Old = Object.fromEntries(
      Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::ApiGateway::RestApi'),
    )
    const known = Object.values(knownOf({ Resources: Old }, []))
    expect(known.length).toBe(names.length)
    expect(known.filter(({ isPublic }) => isPublic)).toEqual([])
  })
})

test('successive templates have one more index of each table, and the last is what is declared', async () => {
  const wanted = indexesOf(template)
  const id = tableId('pupils')
  const there: Indexes = {
    ...wanted,
    [id]: wanted[id]?.filter(({ IndexName }) => IndexName === 'list') ?? [],
  }
  const steps = indexSteps(there, wanted)
  const held = (wanted[id]?.length ?? 0) - 1
  expect(steps).toHaveLength(held)
  let before = there
  for (const step of steps.slice(0, 2)) {
    // As the command hands it over.
    const on = read(await synthesize(stages.local, { indexes: JSON.stringify(step) })).template
    const after = indexesOf(on)
    expect(after[id]).toHaveLength((before[id]?.length ?? 0) + 1)
    expect(after).toEqual(step)
    // Attributes that no index has are refused by DynamoDB.
    const [table] = resources<{ AttributeDefinitions: { AttributeName: string }[] }>(
      on,
      'AWS::DynamoDB::Table',
    ).filter((one) => one.id === id)
    const keys = new Set(
      after[id]?.flatMap(({ KeySchema }) => KeySchema.map(({ AttributeName }) => AttributeName)),
    )
    const defined = table?.Properties.AttributeDefinitions.map(({ AttributeName }) => AttributeName)
    expect(new Set(defined)).toEqual(keys.add('id'))
    // All else is as it will be, even the record and the grants of what is not there yet.
    const [there, whole] = [readRecord(on), readRecord(template)]
    expect(uncomputed(there?.resources ?? {})).toEqual(uncomputed(whole?.resources ?? {}))
    before = after
  }
  expect(JSON.stringify(steps.at(-1))).toBe(JSON.stringify(wanted))
})

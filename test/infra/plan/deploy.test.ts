import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { describe, expect, test } from 'vitest'
import { tableId } from '../../../functions/config/environment.ts'
import type { Declaration, Resource } from '../../../functions/model/declaration.ts'
import { integer, line, slug } from '../../../functions/model/fields.ts'
import { resource } from '../../../functions/model/resource.ts'
import type { Tools } from '../../../infra/deploy/commands.ts'
import { deployPlanned, diffPlanned } from '../../../infra/deploy/deploy.ts'
import { isStill } from '../../../infra/deploy/plan.ts'
import { Failure } from '../../../infra/failure.ts'
import { readAssembly } from '../../../infra/local/assembly.ts'
import { nothingAccepted } from '../../../infra/plan/change.ts'
import {
  indexesOf,
  readRecord,
  recordName,
  type TemplateText,
  writtenRecord,
} from '../../../infra/plan/deployed.ts'
import { changedIndexes, type TableIndex } from '../../../infra/plan/index-steps.ts'
import { recordOf } from '../../../infra/plan/record.ts'
import { declared } from '../../../infra/product.ts'
import { stages } from '../../../infra/stages.ts'
import { tables } from '../../../infra/tables.ts'
import { scratch } from '../../assembly.ts'

type More = Partial<Declaration>

const fields = { title: line(1, 100), pages: integer(1, 999), code: slug(20) }
const books = (more: More = {}) =>
  resource({ name: 'books', singular: 'book', fields, ...more } as Declaration)
const three: More = { indexes: [{ by: 'title' }, { sort: 'pages' }, { by: 'code' }] }

let made = 0

/**
 * An AWS account with the one stack, as the AWS CLI and the CDK's command show it: updates of
 * tables have to keep CloudFormation's rule.
 */
function account() {
  const state = {
    declared: [] as Resource[],
    status: undefined as string | undefined,
    template: undefined as TemplateText | undefined,
    /** By table: what a page of a scan counts; if that is not all, what DynamoDB counted. */
    stored: {} as Record<string, readonly [count: number, counted?: number] | 'denied'>,
    /** What the tables say of themselves, where they are asked. */
    complete: {} as Record<string, boolean>,
    unreachable: false,
    /** The indexes that the tables really have, by the names of the tables. */
    indexes: {} as Record<string, { IndexName: string; IndexStatus: string }[]>,
    /** After how many waits AWS has filled, or removed, an index. */
    slow: 0,
    waits: 0,
    /** The profile that the command line names. */
    profile: undefined as string | undefined,
    /** What somebody else does while one waits. */
    meanwhile: undefined as (() => void) | undefined,
    said: [] as string[],
    commands: [] as string[],
    /** The context of each synthesis. */
    contexts: [] as Record<string, string>[],
  }
  /** The tables alone, and the record: all that a plan looks at. */
  function synthesize(outdir: string, context: Record<string, string>): TemplateText {
    state.contexts.push(context)
    const stack = new Stack(new App({ outdir, context }), 'Portcullis-dev')
    stack.addMetadata(recordName, writtenRecord(recordOf(state.declared)))
    tables(stack, { ...declared, resources: state.declared }, {}, stages.dev, undefined)
    ;(stack.node.root as App).synth()
    return readAssembly(outdir).template
  }
  function settleIndexes(): void {
    if (state.waits < state.slow) return
    for (const [table, indexes] of Object.entries(state.indexes))
      state.indexes[table] = indexes
        .filter(({ IndexStatus }) => IndexStatus !== 'DELETING')
        .map(({ IndexName }) => active(IndexName))
  }
  /** What DynamoDB, or CloudFormation before it, complains of. */
  function refused(table: string, gone: readonly TableIndex[], created: readonly TableIndex[]) {
    const real = state.indexes[table] ?? []
    if (gone.length + created.length > 1)
      return 'Cannot perform more than one GSI creation or deletion in a single update'
    if (real.some(({ IndexStatus }) => IndexStatus !== 'ACTIVE'))
      return 'Attempt to change a resource which is still in use: Index is being updated'
    if (created.some((index) => real.some(({ IndexName }) => IndexName === index.IndexName)))
      return 'Attempting to create an index which already exists'
    return undefined
  }
  function update(template: TemplateText): number {
    const [before, after] = [state.template ? indexesOf(state.template) : {}, indexesOf(template)]
    for (const [id, indexes] of Object.entries(after)) {
      const there = before[id]
      const keys = (text?: TemplateText) =>
        JSON.stringify(text?.Resources[id]?.Properties?.KeySchema)
      if (!there || keys(state.template) !== keys(template)) {
        state.indexes[`real-${id}`] = indexes.map(({ IndexName }) => active(IndexName))
        continue
      }
      const { gone, made: created } = changedIndexes(there, indexes)
      if (gone.length + created.length === 0) continue
      const refusal = refused(`real-${id}`, gone, created)
      if (refusal) {
        state.said.push(refusal)
        return 1
      }
      // CloudFormation goes on while AWS fills or removes the index.
      const real = state.indexes[`real-${id}`] ?? []
      for (const { IndexName } of created) real.push({ IndexName, IndexStatus: 'CREATING' })
      for (const index of real)
        if (gone.some(({ IndexName }) => IndexName === index.IndexName))
          index.IndexStatus = 'DELETING'
      state.waits = 0
      settleIndexes()
    }
    Object.assign(state, { template, status: 'UPDATE_COMPLETE' })
    return 0
  }
  const valueAfter = (parameters: readonly string[], name: string) =>
    parameters[parameters.indexOf(name) + 1] ?? ''
  const cdk: Tools['cdk'] = async (parameters) => {
    const [command = ''] = parameters
    state.commands.push(command)
    if (command === 'diff') return 0
    const app = parameters.includes('--app') ? valueAfter(parameters, '--app') : undefined
    const contexts = parameters.flatMap((text, at) =>
      parameters[at - 1] === '--context' ? [text.split(/=(.*)/s, 2) as [string, string]] : [],
    )
    const template = app
      ? readAssembly(app).template
      : synthesize(valueAfter(parameters, '--output'), Object.fromEntries(contexts))
    const isPrepared = parameters.some((one) => /no-execute|prepare-change-set/.test(one))
    return command === 'deploy' && !isPrepared ? update(template) : 0
  }
  const aws: Tools['aws'] = async (parameters) => {
    const [, operation] = parameters
    if (!state.status || !state.template)
      throw new Failure('aws cloudformation: Stack with id Portcullis-dev does not exist')
    if (operation === 'describe-stacks') return `${state.status}\n`
    if (operation === 'get-template') return JSON.stringify({ TemplateBody: state.template })
    if (operation === 'list-stack-resources')
      return JSON.stringify(Object.keys(state.template.Resources).map((id) => [id, `real-${id}`]))
    const table = valueAfter(parameters, '--table-name')
    if (valueAfter(parameters, '--query').includes('GlobalSecondaryIndexes')) {
      const indexes = state.indexes[table] ?? []
      const status = indexes.every(({ IndexStatus }) => IndexStatus === 'ACTIVE')
        ? 'ACTIVE'
        : 'UPDATING'
      return JSON.stringify({ status, indexes: indexes.length > 0 ? indexes : null })
    }
    const stored = state.stored[table] ?? [0]
    if (stored === 'denied') throw new Failure('AccessDenied')
    const [Count, counted] = stored
    if (operation === 'describe-table') return `${counted}\n`
    return JSON.stringify({ Count, ...(counted !== undefined && { LastEvaluatedKey: {} }) })
  }
  const invoke: Tools['invoke'] = async (_, command) => {
    const { command: name, resource: of = '' } = command as { command: string; resource?: string }
    if (state.unreachable) throw new Failure('AccessDenied')
    if (name === 'reindex-begin') return { walk: 'begun' }
    if (name === 'reindex-end') {
      state.complete[of] = true
      return { ended: true }
    }
    return state.declared.map(({ name: each, parent }) => {
      return { resource: each, parent: parent?.name, complete: state.complete[each] ?? false }
    })
  }
  const say = (text: string) => state.said.push(text)
  const wait = async () => {
    state.waits++
    settleIndexes()
    state.meanwhile?.()
  }
  const tools: Tools = { aws, cdk, invoke, say, wait }
  const request = (more: object = {}) => ({
    stage: stages.dev,
    accepted: nothingAccepted,
    output: join(scratch, `deploy-${made++}.out`),
    context: [],
    passed: ['--require-approval', 'never'],
    ...more,
  })
  const run = async (of: typeof deployPlanned, resources: Resource[], more?: object) => {
    Object.assign(state, { declared: resources, said: [], commands: [], contexts: [] })
    const status = await of(request(more), { ...tools, profile: state.profile })
    return { status, said: state.said.join('\n'), commands: state.commands.join(' ') }
  }
  return {
    state,
    deploy: (resources: Resource[], more?: object) => run(deployPlanned, resources, more),
    diff: (resources: Resource[]) => run(diffPlanned, resources),
    indexes: () =>
      indexesOf(state.template as TemplateText)[tableId('books')]?.map(
        ({ IndexName }) => IndexName,
      ),
  }
}

const active = (IndexName: string) => ({ IndexName, IndexStatus: 'ACTIVE' })
const physical = `real-${tableId('books')}`

/** The commands of so many deployments: the plan's synthesis, and all others before the first. */
function several(count: number): string {
  const each = (command: string) => Array<string>(count).fill(command)
  return ['synth', ...each('synth'), ...each('deploy')].join(' ')
}

describe('npm run deploy', () => {
  test('of a stack that is not there deploys once, with nothing to say of what is stored', async () => {
    const { deploy, state } = account()
    const { status, said, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([0, 'synth deploy'])
    expect(said).toBe('Portcullis-dev is not deployed yet: all of it is new.')
    // A creation that failed left a stack that the CDK makes anew.
    state.status = 'ROLLBACK_COMPLETE'
    expect((await deploy([books()])).said).toContain('is not deployed yet')
  })

  test('makes three indexes in three deployments, and says before that it will', async () => {
    const { deploy, diff, state, indexes } = account()
    await deploy([books()])
    state.stored[physical] = [12]
    state.complete.books = false
    const seen = await diff([books(three)])
    expect([seen.status, seen.commands]).toEqual([0, 'synth diff'])
    expect(seen.said).toBe(
      `Effects on what is stored in Portcullis-dev:
* books: the index by_title is new: lists by it are 503 until it holds 12 stored items. Re-index it.
* books: the index sort_pages is new: lists by it are 503 until it holds 12 stored items. Re-index it.
* books: the index by_code is new: lists by it are 503 until it holds 12 stored items. Re-index it.
3 deployments, because each can create or remove only one index of a table:
  1. books makes by_title
  2. books makes sort_pages
  3. books makes by_code`,
    )
    const { status, said, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([0, several(3)])
    expect(said).toContain('Deployment 1 of 3: books makes by_title\nDeployment 2 of 3')
    expect(said).toMatch(/503 index_building:\n {2}npm run admin -- reindex books --stage dev$/)
    expect(indexes()).toEqual(['list', 'by_title', 'sort_pages', 'by_code'])
    // They are removed one after another too, and others made.
    const back = await deploy([books({ indexes: [{ sort: 'code' }] })])
    expect([back.status, back.commands]).toEqual([0, several(4)])
    expect(indexes()).toEqual(['list', 'sort_code'])
  })

  test('waits before each deployment and after the last until AWS has filled the indexes', async () => {
    const { deploy, state, indexes } = account()
    await deploy([books()])
    state.slow = 30
    const { status, said, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([0, several(3)])
    expect(said.split('\n').filter((line) => /^(Deployment|Waiting)/.test(line))).toEqual([
      'Deployment 1 of 3: books makes by_title',
      'Waiting for AWS to fill or remove indexes, 0 minutes so far: books by_title (CREATING)',
      'Waiting for AWS to fill or remove indexes, 5 minutes so far: books by_title (CREATING)',
      'Deployment 2 of 3: books makes sort_pages',
      'Waiting for AWS to fill or remove indexes, 0 minutes so far: books sort_pages (CREATING)',
      'Waiting for AWS to fill or remove indexes, 5 minutes so far: books sort_pages (CREATING)',
      'Deployment 3 of 3: books makes by_code',
      'Waiting for AWS to fill or remove indexes, 0 minutes so far: books by_code (CREATING)',
      'Waiting for AWS to fill or remove indexes, 5 minutes so far: books by_code (CREATING)',
    ])
    expect(state.waits).toBe(30)
    // What somebody stopped to wait for is waited for before the next deployment.
    const [table = []] = Object.values(state.indexes)
    for (const index of table) if (index.IndexName === 'by_title') index.IndexStatus = 'CREATING'
    state.waits = 0
    expect((await deploy([books({ indexes: [{ by: 'title' }] })])).status).toBe(0)
    expect(indexes()).toEqual(['list', 'by_title'])
    expect(state.indexes[physical]).toEqual([active('list'), active('by_title')])
  })

  /** After the first of three deployments. */
  const stopped = 'synth synth synth synth deploy'

  test('deploys what it has planned, whatever is declared by then', async () => {
    const { deploy, state, indexes } = account()
    await deploy([books()])
    state.slow = 1
    state.meanwhile = () => {
      state.declared = [books({ ...three, access: { public: ['read'] } })]
    }
    const { status, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([0, several(3)])
    expect(indexes()).toEqual(['list', 'by_title', 'sort_pages', 'by_code'])
    expect(readRecord(state.template as TemplateText)).toEqual(recordOf([books(three)]))
  })

  test('stops where somebody else has deployed before its first deployment', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    state.slow = 1
    for (const index of state.indexes[physical] ?? []) index.IndexStatus = 'CREATING'
    state.meanwhile = () => {
      const { Metadata: _, ...without } = state.template as TemplateText
      state.template = without
    }
    const { status, said, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([1, 'synth synth synth synth'])
    expect(said).toMatch(/ run the command again\. Nothing was deployed\.$/)
  })

  test('stops where somebody else has deployed while it waited', async () => {
    const { deploy, state, indexes } = account()
    const notes = resource({ name: 'notes', singular: 'note', fields })
    await deploy([books()])
    state.slow = 1
    state.meanwhile = () => {
      const record = writtenRecord(recordOf([books(three), notes]))
      state.template = { ...(state.template as TemplateText), Metadata: { [recordName]: record } }
    }
    const { status, said, commands } = await deploy([books(three)])
    expect([status, commands]).toEqual([1, stopped])
    expect(said).toMatch(
      /\nSomebody else has deployed Portcullis-dev meanwhile, .* run the command again\. Nothing more was deployed\.$/,
    )
    expect(indexes()).toEqual(['list', 'by_title'])
    // Now it is known what of theirs would go.
    state.meanwhile = undefined
    expect((await deploy([books(three)])).said).toContain('  notes: is not declared any more')
    expect(indexes()).toEqual(['list', 'by_title', 'sort_pages', 'by_code'])
  })

  test('stops where somebody else has changed an index while it waited, or has made the stack', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    const before = state.template
    state.slow = 1
    state.meanwhile = () => {
      state.template = { ...(before as TemplateText), Metadata: state.template?.Metadata ?? {} }
    }
    expect(await deploy([books(three)])).toMatchObject({ status: 1, commands: stopped })
    const basis = { record: undefined, indexes: {} }
    expect([isStill(undefined, before), isStill(basis, undefined)]).toEqual([false, false])
  })

  test('synthesizes each of several deployments with the context that is given', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    await deploy([books(three)], { context: ['own=1', 'stage=prod'] })
    expect(state.contexts).toHaveLength(4)
    for (const context of state.contexts) expect(context).toMatchObject({ own: '1', stage: 'dev' })
  })

  test('prints commands with the profile and the context that were given', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    Object.assign(state, { profile: "Ann's", stored: { [physical]: [12] }, complete: {} })
    const profile = "'Ann'\\''s'"
    const context = ['own={"a":1}', 'b=2']
    const rekeyed = await deploy([books({ key: 'code' })], { context })
    expect(rekeyed.said).toMatch(/ To go on: npm run deploy -- .* --replace books$/)
    expect(rekeyed.said).toContain(
      ` --stage dev --profile ${profile} --context 'own={"a":1}' --context b=2 --replace`,
    )
    const changed = await deploy([books({ unique: ['code'] })], { context })
    expect(changed.said).toContain(
      `\n  AWS_PROFILE=${profile} npm run admin -- reindex books --stage dev`,
    )
    state.indexes[physical]?.push(active('by_code'))
    const more: More = { unique: ['code'], indexes: [{ by: 'code' }] }
    expect((await deploy([books(more)])).said).toContain(
      `'[{"Delete":{"IndexName":"by_code"}}]' --profile ${profile}\n`,
    )
  })

  test('an index that an update left behind when it was rolled back has to go first', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    state.indexes[physical]?.push(active('by_code'), active('own'))
    const more = [books({ indexes: [{ by: 'title' }, { by: 'code' }] })]
    const { status, said, commands } = await deploy(more)
    expect([status, commands]).toEqual([1, 'synth'])
    expect(said).toContain(
      `books: its table has the index by_code, which the stack does not know. An update that was rolled back may have left it. To remove it:
  aws dynamodb update-table --table-name ${physical} --global-secondary-index-updates '[{"Delete":{"IndexName":"by_code"}}]'`,
    )
    expect(said).toMatch(/Nothing was deployed: an index to be created already exists\.$/)
    // Its removal takes a while; one of somebody's own is told, and stays.
    state.slow = 3
    state.waits = 0
    for (const index of state.indexes[physical] ?? [])
      if (index.IndexName === 'by_code') index.IndexStatus = 'DELETING'
    const again = await deploy(more)
    expect([again.status, again.commands]).toEqual([0, several(2)])
    expect(again.said).toContain('the index own, which the stack does not know')
    expect(state.indexes[physical]?.map(({ IndexName }) => IndexName)).toEqual([
      ...['list', 'own', 'by_title', 'by_code'],
    ])
  })

  test('goes on where one of several failed', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    const whole = state.template
    await deploy([books({ ...three, indexes: three.indexes?.slice(0, 1) ?? [] })])
    // The record has all three already, as it has after the first of three deployments.
    const record = writtenRecord(recordOf([books(three)]))
    state.template = { ...(state.template as TemplateText), Metadata: { [recordName]: record } }
    const { said, commands } = await deploy([books(three)])
    expect(commands).toBe(several(2))
    expect(said).toContain('What is stored in Portcullis-dev is not affected.\n2 deployments')
    expect(state.template).not.toEqual(whole)
  })

  test('says that a role goes, though nothing else changes', async () => {
    const { deploy, diff, state } = account()
    await deploy([books()])
    const record = recordOf([books()])
    const before = writtenRecord({ ...record, roles: [...(record.roles ?? []), 'clerk'] })
    state.template = { ...(state.template as TemplateText), Metadata: { [recordName]: before } }
    expect((await diff([books()])).said).toMatch(/^ {2}users: the role clerk is not declared any/m)
    expect((await deploy([books()])).status).toBe(0)
    expect((await diff([books()])).said).not.toContain('role')
  })

  test('new tables are complete; what the others say is behind is told again and again', async () => {
    const { deploy, state } = account()
    const notes = resource({ name: 'notes', singular: 'note', fields })
    await deploy([books()])
    expect(state.complete).toEqual({ books: true })
    state.stored[physical] = [12]
    state.complete.books = false
    for (const resources of [
      [books({ unique: ['code'] }), notes],
      [books({ unique: ['code'] }), notes],
    ]) {
      const { said } = await deploy(resources)
      expect(said).toMatch(/index_building:\n {2}npm run admin -- reindex books --stage dev$/)
    }
    state.complete.books = true
    expect((await deploy([books({ unique: ['code'] }), notes])).said).toBe(
      'What is stored in Portcullis-dev is not affected.',
    )
    // A table in the place of another begins anew; a function that cannot be asked hides nothing.
    state.complete.books = false
    const accepted = { replace: ['books'], widen: [] }
    await deploy([books({ key: 'code', unique: ['title'] }), notes], { accepted })
    expect(state.complete.books).toBe(true)
    state.unreachable = true
    const { said } = await deploy([books({ key: 'code', unique: ['title'], shards: 2 }), notes])
    expect(said).toContain('npm run admin -- reindex books --stage dev')
    expect(said).not.toContain('reindex notes')
  })

  test('refuses what would lose or open something, until that is named', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    const before = state.template
    const rekeyed = [books({ key: 'code', access: { public: ['read'] } })]
    const required = [books({ fields: { ...fields, note: line(1, 9) } })]
    // More than a page of the scan holds: about as many as DynamoDB counted.
    state.stored[physical] = [500, 70_000]
    const refused = await deploy(rekeyed)
    expect([refused.status, refused.commands]).toEqual([1, 'synth'])
    expect(refused.said).toMatch(/one with 70000 stored items, .* To go on: --replace books/)
    expect(refused.said).toMatch(
      /Nothing was deployed\. To go on: npm run deploy -- --stage dev --replace books --widen books$/,
    )
    const half = { accepted: { replace: ['books'], widen: [] } }
    const halfway = await deploy(rekeyed, half)
    expect(halfway.status).toBe(1)
    expect(halfway.said).toMatch(/ -- --stage dev --replace books --widen books$/)
    expect(state.template).toBe(before)
    // A table that may not be looked at may have items in it.
    for (const stored of [[1], [0, 0], 'denied'] as const) {
      state.stored[physical] = stored
      const { status, said } = await deploy(required)
      expect([stored, status]).toEqual([stored, 1])
      expect(said).toMatch(/required field note is new.* Refused\.\nNothing was deployed\.$/)
    }
    const both = { accepted: { replace: ['books'], widen: ['books'] } }
    expect((await deploy(rekeyed, both)).status).toBe(0)
    state.stored[physical] = [0]
    expect((await deploy(required)).status).toBe(0)
  })

  test('several cannot be prepared without being made', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    state.complete.books = false
    const accepted = { replace: ['books'], widen: [] }
    for (const passed of [['--no-execute'], ['--method', 'prepare-change-set']]) {
      await expect(deploy([books(three)], { passed })).rejects.toThrow('are needed')
      // The table that another takes the place of is there yet.
      const { status, said } = await deploy([books({ key: 'code' })], { passed, accepted })
      expect([status, said]).toEqual([0, expect.not.stringContaining('re-index')])
      expect(state.complete.books).toBe(false)
    }
    expect((await deploy([books(three)], { passed: ['--method', 'direct'] })).status).toBe(0)
  })

  test('a stack of a version that kept no record is known by its tables', async () => {
    const { deploy, state } = account()
    await deploy([books()])
    const { Metadata: _, ...without } = state.template as TemplateText
    state.template = without
    state.stored[physical] = [3]
    const { said, status } = await deploy([books({ ...three, access: { public: ['read'] } })])
    expect(status).toBe(1)
    expect(said).toContain('* books: was deployed by a version that kept no record')
    expect(said).toMatch(/! books: everybody, .* To go on: --widen books/)
    expect(said).toContain('3 deployments')
    const accepted = { replace: [], widen: ['books'] }
    expect(
      (await deploy([books({ ...three, access: { public: ['read'] } })], { accepted })).status,
    ).toBe(0)
  })

  test('… one with a digit in its name too, whose items nobody takes for complete', async () => {
    const { deploy, state } = account()
    const name = 'oauth2-clients'
    const clients = resource({ name, singular: 'oauth2-client', fields })
    await deploy([clients])
    const { Metadata: _, ...without } = state.template as TemplateText
    state.template = without
    state.stored[`real-${tableId(name)}`] = [3]
    state.complete[name] = false
    const { said } = await deploy([clients])
    expect(said).toContain(`* ${name}: was deployed by a version that kept no record`)
    expect(state.complete).toEqual({ [name]: false })
  })
})

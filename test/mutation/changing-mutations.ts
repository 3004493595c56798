import type { Mutation } from './mutations.ts'

const upgrades = ['test/store/upgrade.test.ts']
const reindexing = ['test/store/reindex.test.ts']

/** Holes in what happens to stored items when a declaration changes. */
export const changingMutations: readonly Mutation[] = [
  {
    hole: 'a field that an item lacks is answered without its default',
    file: 'functions/store/declared.ts',
    from: 'return value === item[name] ? [] : [[name, value] as const]',
    to: 'return value === name ? [[name, value] as const] : []',
    tests: upgrades,
  },
  {
    hole: 'an upgrade gives an item another id',
    file: 'functions/store/declared.ts',
    from: 'fields = { ...upgrade(fields), ...fixed }',
    to: 'fields = { ...fixed, ...upgrade(fields) }',
    tests: upgrades,
  },
  {
    hole: 'what an upgrade makes need not fit',
    file: 'functions/store/declared.ts',
    from: 'if (fault !== undefined)',
    to: "if (fault === '')",
    tests: upgrades,
  },
  {
    hole: 'what newer code has written is overwritten',
    file: 'functions/store/items.ts',
    from: '    refuseNewer(resource, stored)\n    const current',
    to: '    const current',
    tests: upgrades,
  },
  {
    hole: 'what newer code has written is deleted unread',
    file: 'functions/store/items.ts',
    from: 'text: (name, [bound]) => `NOT ${name} >= ${bound}`',
    to: 'text: (name, [bound]) => `NOT ${name} = ${bound}`',
    tests: upgrades,
  },
  {
    hole: 'what newer code has written is re-indexed',
    file: 'functions/store/reindex.ts',
    from: 'if (isNewer(resource, stored))',
    to: 'if (!stored)',
    tests: upgrades,
  },
  {
    hole: 'a part stays in the record when code writes that lacks it',
    file: 'functions/store/completeness.ts',
    from: 'if (parts.length === found?.parts.length) return',
    to: 'if (found) return',
    tests: upgrades,
  },
  {
    hole: 'an item that was written counts as re-indexed',
    file: 'functions/store/versions.ts',
    from: "return before[itemVersion] === version ? version : versionMark(resource.upgrade.length, '')",
    to: 'return before ? version : version',
    tests: upgrades,
  },
  {
    hole: 'a list by a field does not wait for the upgrade of its values',
    file: 'functions/store/versions.ts',
    from: 'const version = upgrade.length > 0 ? [upgrade.length] : []',
    to: 'const version = upgrade.length > 999 ? [upgrade.length] : []',
    tests: upgrades,
  },
  {
    hole: 'a list by a field does not wait for its default',
    file: 'functions/store/versions.ts',
    from: 'schema instanceof z.ZodDefault ? [',
    to: 'schema instanceof z.ZodPrefault ? [',
    tests: upgrades,
  },
  {
    hole: 'a change that began before an item was re-indexed takes its guards for those of before',
    file: 'functions/store/items.ts',
    from: "return ['_rev', itemVersion, heldGuards].map(",
    to: "return ['_rev'].map(",
    tests: upgrades,
  },
  {
    hole: 'guards of a field that is unique no more stay',
    file: 'functions/store/guards.ts',
    from: 'if (!Array.isArray(marks)) return wantedGuards(resource, stored)',
    to: 'if (marks !== null) return wantedGuards(resource, stored)',
    tests: upgrades,
  },
  {
    hole: 'duplicates are told of items that are behind alone',
    file: 'functions/operator/reindex-page.ts',
    from: 'const found = page.items.flatMap(',
    to: 'const found = old.flatMap(',
    tests: reindexing,
  },
  {
    hole: 'a page is short of what cannot be shown',
    file: 'functions/store/lists.ts',
    from: 'items: items.map((item) => asDeclared(resource, item))',
    to: 'items: items.flatMap((item) => { try { return [asDeclared(resource, item)] } catch { return [] } })',
    tests: upgrades,
  },
  {
    hole: 'those who are told of changes are told of re-indexing',
    file: 'functions/crud/on-change.ts',
    from: 'if (before && before._rev === after?._rev) return undefined',
    to: '',
    tests: ['test/api/upgrades.test.ts'],
  },
  {
    hole: 'an item keeps its tag when the declaration shows another one',
    file: 'functions/http/etag.ts',
    from: 'return `${revision}.${shapeOf(resource)}`',
    to: 'return revision',
    tests: ['test/api/upgrades.test.ts'],
  },
  {
    hole: 'an export leaves out what an import would not take, and says nothing',
    file: 'functions/operator/export-page.ts',
    from: "if (record && 'why' in record) unfit.push(record)",
    to: "if (record && 'why' in record) continue",
    tests: ['test/transfer/as-is.test.ts'],
  },
  {
    hole: 're-indexing begins while functions of before may write',
    file: 'infra/operator/settled.ts',
    from: 'return Math.max(0, longestInvocation * 1000 - since)',
    to: 'return 0 * since',
    tests: ['test/infra/settled.test.ts'],
  },
]

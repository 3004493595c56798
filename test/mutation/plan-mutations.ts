import type { Mutation } from './mutations.ts'

const compare = ['test/infra/plan/compare.test.ts']
const steps = ['test/infra/plan/index-steps.test.ts']
const deploy = ['test/infra/plan/deploy.test.ts']
const runner = ['test/infra/local/declarations.test.ts']

/** Holes in what is said, and done, of changed declarations. */
export const planMutations: readonly Mutation[] = [
  {
    hole: 'what is opened need not be named',
    file: 'infra/plan/change.ts',
    from: "if (verdict === 'replace' || verdict === 'widen') return !accepted[verdict].includes(resource)",
    to: "if (verdict === 'replace') return !accepted[verdict].includes(resource)",
    tests: deploy,
  },
  {
    hole: 'what is named of one resource counts for all',
    file: 'infra/plan/change.ts',
    from: 'return !accepted[verdict].includes(resource)',
    to: 'return accepted[verdict].length === 0 || resource === undefined',
    tests: compare,
  },
  {
    hole: 'what nobody could count is taken for nothing',
    file: 'infra/plan/compare.ts',
    from: 'hasItems: count !== 0,',
    to: 'hasItems: Boolean(count),',
    tests: compare,
  },
  {
    hole: 'another key of a table is not seen',
    file: 'infra/plan/compare.ts',
    from: 'if (!isDeepStrictEqual(before.keys, now.keys))',
    to: 'if (before.keys.partition === undefined)',
    tests: compare,
  },
  {
    hole: 'a power that a role gains is not seen',
    file: 'infra/plan/access-changes.ts',
    from: 'const gained = is.filter((what) => !was.includes(what))',
    to: 'const gained = is.filter((what) => was.length === 0 && !was.includes(what))',
    tests: compare,
  },
  {
    hole: 'private items become readable without a word',
    file: 'infra/plan/access-changes.ts',
    from: 'if (seclusions.indexOf(now.seclusion) > seclusions.indexOf(was))',
    to: 'if (false)',
    tests: compare,
  },
  {
    hole: 'a default that an index lies over changes without a word',
    file: 'infra/plan/list-changes.ts',
    from: '!isDeepStrictEqual(before.fields[field]?.default, now.fields[field]?.default)',
    to: 'false',
    tests: compare,
  },
  {
    hole: 'a choice loses a word without a word',
    file: 'infra/plan/field-changes.ts',
    from: "return lost.length > 0 ? [`${at}without ${lost.join(', ')}`] : []",
    to: 'return []',
    tests: compare,
  },
  {
    hole: 'indexes are added before others are removed',
    file: 'infra/plan/index-steps.ts',
    from: 'return states.length === 0 ? [wanted] : [...states.slice(0, -1), wanted]',
    to: 'return [wanted]',
    tests: steps,
  },
  {
    hole: 'the rest of a table does not count',
    file: 'infra/deploy/deployed-stack.ts',
    from: 'return Math.max(page.Count, Number.isNaN(counted) ? 0 : counted, 1)',
    to: 'return page.Count',
    tests: deploy,
  },
  {
    hole: 'a deployment goes on over what it refuses',
    file: 'infra/deploy/deploy.ts',
    from: 'if (stops.length > 0) {',
    to: 'if (stops.length > 99) {',
    tests: deploy,
  },
  {
    hole: 'a deployment takes all indexes at once',
    file: 'infra/deploy/deploy.ts',
    from: 'of assemblies.entries()',
    to: 'of [...assemblies.entries()].slice(-1)',
    tests: deploy,
  },
  {
    hole: 'a deployment goes by a plan that another deployment has overtaken',
    file: 'infra/deploy/deploy.ts',
    from: 'if (!isStill(bases[at], await deployedTemplate(tools.aws, stack))) {',
    to: 'if (!isStill(bases[at], await deployedTemplate(tools.aws, stack)) && at > 99) {',
    tests: deploy,
  },
  {
    hole: 'the runner makes several indexes in one update',
    file: 'infra/local/aws/tables.ts',
    from: 'if (steps.length > 1 && !successive)',
    to: 'if (steps.length > 99 && !successive)',
    tests: runner,
  },
  {
    hole: 'the next deployment does not wait for the index of the last',
    file: 'infra/deploy/table-indexes.ts',
    from: 'if (busy.length === 0) return',
    to: 'if (busy.length < 9) return',
    tests: deploy,
  },
  {
    hole: 'the runner takes any declaration over stored items',
    file: 'infra/local/admission.ts',
    from: 'if (stops.length > 0) throw new Failure(refusal(changes, accepted))',
    to: '',
    tests: runner,
  },
  {
    hole: 'the runner forgets what it served',
    file: 'infra/local/deployment.ts',
    from: 'if (declared && !isDeepStrictEqual(declared, served.read())) served.write(declared)',
    to: '',
    tests: runner,
  },
  {
    hole: 'what was said of one start counts for the next change',
    file: 'infra/local/deployment.ts',
    from: 'parts.accepted = nothingAccepted',
    to: 'void nothingAccepted',
    tests: runner,
  },
  {
    hole: 'a list by an index that is not made yet is an internal error',
    file: 'functions/store/dynamodb.ts',
    from: "if (isWithoutIndex(error)) throw new Problem('index_building', undefined, { cause: error })",
    to: '',
    tests: ['test/store/missing-index.test.ts'],
  },
]

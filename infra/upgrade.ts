import { execFileSync, spawnSync } from 'node:child_process'
import { basename } from 'node:path'

const help = `Merges a newer version of Portcullis. What is yours stays as you have it.

  npm run upgrade -- <a commit, tag or branch, such as upstream/main>

  Yours are functions/resources, the Lambdas of what is declared there, infra/stages.ts,
  infra/extend.ts and test/product. openapi.json is written anew. Conflicts elsewhere are left for you
  to resolve, and nothing is committed before.
`

/** What the user owns; the Lambdas of the samples go with their declarations. */
const yours = ['functions/resources', 'infra/stages.ts', 'infra/extend.ts', 'test/product']

/** The files of functions/resources that declare no resource: our own code imports them. */
const shared = ['index.ts', 'problems.ts', 'product.ts', 'roles.ts']

function main(): number {
  const [ref, ...rest] = process.argv.slice(2)
  if (ref === undefined || rest.length > 0 || ref.startsWith('-')) {
    process.stdout.write(help)
    return ref === '--help' ? 0 : 1
  }
  if (git('status', '--porcelain') !== '') throw new Error('Commit or stash your changes first.')
  if (!isThere(`${ref}^{commit}`))
    throw new Error(`There is no commit, tag or branch ${ref}. Has \`git fetch\` brought it?`)
  const before = git('rev-parse', 'HEAD')
  const merge = spawnSync('git', ['merge', '--no-commit', '--no-ff', ref], { encoding: 'utf8' })
  if (!isThere('MERGE_HEAD')) {
    if (merge.status !== 0) throw new Error(`Nothing is merged: ${merge.stderr.trim()}`)
    console.log(`You are already up to date with ${ref}.`)
    return 0
  }
  keep([...yours, ...sampleLambdas(ref), ...sampleLambdas(before)])
  bring(
    shared.map((file) => `functions/resources/${file}`),
    ref,
  )
  const documented = spawnSync(process.execPath, ['infra/openapi.ts'], { stdio: 'ignore' })
  if (documented.status === 0) git('add', 'openapi.json')
  const left = git('diff', '--name-only', '--diff-filter=U')
  if (left !== '') {
    console.error(`Resolve these, then \`git commit\`:\n${left}`)
    return 1
  }
  git('commit', '--no-edit', '--allow-empty')
  console.log(`Merged ${ref}. Now run \`npm ci\` and \`npm run check\`.`)
  return 0
}

/** Puts paths back to what they were before the merge; what the merge added to them goes. */
function keep(paths: readonly string[]): void {
  for (const path of paths) {
    const here = git('ls-files', '--', path) !== '' || git('ls-tree', 'HEAD', '--', path) !== ''
    if (!here) continue
    git('rm', '-r', '-f', '--quiet', '--ignore-unmatch', '--', path)
    if (git('ls-tree', 'HEAD', '--', path) !== '') git('checkout', 'HEAD', '--', path)
  }
}

/** Takes over the files that the code of now imports, and that were not there before. */
function bring(paths: readonly string[], ref: string): void {
  for (const path of paths)
    if (isThere(`${ref}:${path}`) && !isThere(`HEAD:${path}`)) git('checkout', ref, '--', path)
}

/** The files in functions/ that have the name of a resource there, or import one. */
function sampleLambdas(ref: string): string[] {
  const named = git('ls-tree', '--name-only', ref, 'functions/resources/')
    .split('\n')
    .map((file) => basename(file))
    .filter((file) => file.endsWith('.ts') && !shared.includes(file))
    .map((file) => `functions/${file}`)
  const importing = ['-e', `from './resources/`, '--and', '--not', '-e', `/(${shared.join('|')})'`]
  const search = ['grep', '--name-only', '-E', ...importing, ref, '--', ':(glob)functions/*.ts']
  const { stdout } = spawnSync('git', search, { encoding: 'utf8' })
  const found = stdout.split('\n').filter(Boolean)
  return [...named, ...found.map((line) => line.slice(ref.length + 1))]
}

function isThere(ref: string): boolean {
  return spawnSync('git', ['rev-parse', '--verify', '--quiet', ref]).status === 0
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

try {
  process.exitCode = main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

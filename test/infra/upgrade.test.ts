import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../../infra/bundle.ts'
import { scratch } from '../assembly.ts'

const upstream = join(scratch, 'upstream')
const mine = join(scratch, 'mine')

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...args], { cwd })

function write(project: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
}

function commit(project: string): void {
  git(project, 'add', '-A')
  git(project, 'commit', '-qm', 'x')
}

function upgrade(ref: string) {
  const env = { ...process.env, GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@example.org' }
  return spawnSync(process.execPath, ['infra/upgrade.ts', ref], {
    cwd: mine,
    env: { ...env, GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@example.org' },
    encoding: 'utf8',
  })
}

beforeAll(() => {
  write(upstream, {
    'functions/resources/index.ts': 'students',
    'functions/resources/students.ts': 'students',
    'functions/students.ts': 'students',
    'functions/student-mail.ts': "import { students } from './resources/students.ts'\n",
    'functions/login.ts': 'login',
    'functions/system.ts': 'system',
    'infra/stages.ts': 'stages',
    'infra/openapi.ts': '',
    'openapi.json': '{}',
    'test/product/students.test.ts': 'students',
    'package.json': '{"type":"module","version":"1"}',
  })
  cpSync(join(root, 'infra/upgrade.ts'), join(upstream, 'infra/upgrade.ts'))
  git(scratch, 'init', '-q', '-b', 'main', upstream)
  commit(upstream)
  git(scratch, 'clone', '-q', upstream, mine)
  const samples = ['students.ts', 'student-mail.ts', 'resources/students.ts']
  for (const sample of [...samples.map((name) => `functions/${name}`), 'test/product'])
    rmSync(join(mine, sample), { recursive: true })
  write(mine, {
    'functions/resources/index.ts': 'books',
    'functions/resources/books.ts': 'books',
    'functions/books.ts': 'books',
    'infra/stages.ts': 'my stages',
    'test/product/books.test.ts': 'books',
  })
  commit(mine)
})

test('a newer version is merged; what is mine, and what I removed, stays so', () => {
  write(upstream, {
    'functions/resources/index.ts': 'students and courses',
    'functions/resources/students.ts': 'better students',
    'functions/resources/courses.ts': 'courses',
    'functions/students.ts': 'better students',
    'functions/student-mail.ts': "import { students } from './resources/students.ts'\nmail",
    'functions/course-mail.ts': "import { courses } from './resources/courses.ts'\n",
    'functions/courses.ts': 'courses',
    'functions/login.ts': 'better login',
    'functions/resources/product.ts': 'a name',
    'functions/system.ts': "import { productName } from './resources/product.ts'\n",
    'functions/auth/new.ts': 'new',
    'infra/stages.ts': 'better stages',
    'test/product/students.test.ts': 'better students',
    'package.json': '{"type":"module","version":"2"}',
  })
  commit(upstream)
  git(mine, 'fetch', '-q')
  expect(upgrade('origin/main')).toMatchObject({ status: 0, stderr: '' })
  const files = git(mine, 'ls-files').toString().trim().split('\n')
  expect(files).toEqual([
    'functions/auth/new.ts',
    'functions/books.ts',
    'functions/login.ts',
    'functions/resources/books.ts',
    'functions/resources/index.ts',
    'functions/resources/product.ts',
    'functions/system.ts',
    'infra/openapi.ts',
    'infra/stages.ts',
    'infra/upgrade.ts',
    'openapi.json',
    'package.json',
    'test/product/books.test.ts',
  ])
  const read = (file: string) => readFileSync(join(mine, file), 'utf8')
  expect(['functions/login.ts', 'infra/stages.ts', 'package.json'].map(read)).toEqual([
    'better login',
    'my stages',
    '{"type":"module","version":"2"}',
  ])
  expect(read('functions/resources/index.ts')).toBe('books')
})

test('what our code newly imports from my part comes once, and is mine from then on', () => {
  const [name, system] = ['functions/resources/product.ts', 'functions/system.ts']
  const importing = "import { productName } from './resources/product.ts'\n"
  write(mine, { [name]: 'my name' })
  commit(mine)
  write(upstream, { [name]: 'another name', [system]: `${importing}better` })
  commit(upstream)
  git(mine, 'fetch', '-q')
  expect(upgrade('origin/main')).toMatchObject({ status: 0, stderr: '' })
  const read = (file: string) => readFileSync(join(mine, file), 'utf8')
  expect([name, system].map(read)).toEqual(['my name', `${importing}better`])
})

test('the files of functions/resources that our code imports are those that it knows of', () => {
  const read = (file: string) => readFileSync(join(root, file), 'utf8')
  const importsOf = (file: string, from = / from '(?:\.\.?\/)+resources\/([^']+)'/g) =>
    [...read(file).matchAll(from)].map(([, name = '']) => name)
  const declared = importsOf('functions/resources/index.ts', / from '\.\/([^']+)'/g)
  const lambdas = globSync('functions/*.ts', { cwd: root }).filter(
    (file) => !importsOf(file).some((name) => declared.includes(name)),
  )
  const ours = [...lambdas, ...globSync('functions/*/**/*.ts', { cwd: root })]
  expect(ours).toContain('functions/system.ts')
  const imported = ours.flatMap((file) => importsOf(file)).map((name) => `'${name}'`)
  const [, known = ''] = /const shared = \[(.*)\]/.exec(read('infra/upgrade.ts')) ?? []
  expect([...new Set(imported)].sort()).toEqual(known.split(', '))
})

test('what is merged already, or has no common history, changes nothing', () => {
  write(mine, {
    'infra/openapi.ts': "import fs from 'node:fs'; fs.writeFileSync('openapi.json', '')",
  })
  commit(mine)
  const before = git(mine, 'rev-parse', 'HEAD').toString()
  expect(upgrade('origin/main')).toMatchObject({
    ...{ status: 0, stderr: '', stdout: 'You are already up to date with origin/main.\n' },
  })
  expect(upgrade('no-branch')).toMatchObject({
    status: 1,
    stderr: 'There is no commit, tag or branch no-branch. Has `git fetch` brought it?\n',
  })
  const stranger = git(mine, 'commit-tree', 'HEAD^{tree}', '-m', 'x').toString().trim()
  expect(upgrade(stranger)).toMatchObject({
    ...{ status: 1, stderr: 'Nothing is merged: fatal: refusing to merge unrelated histories\n' },
  })
  expect(git(mine, 'status', '--porcelain').toString()).toBe('')
  expect(git(mine, 'rev-parse', 'HEAD').toString()).toBe(before)
})

test('a conflict in what is not mine is left to me, and named', () => {
  write(mine, { 'functions/login.ts': 'my login' })
  commit(mine)
  write(upstream, { 'functions/login.ts': 'another login', 'functions/more.ts': 'more' })
  commit(upstream)
  git(mine, 'fetch', '-q')
  const { status, stderr } = upgrade('origin/main')
  expect(status).toBe(1)
  expect(stderr).toBe('Resolve these, then `git commit`:\nfunctions/login.ts\n')
  expect(existsSync(join(mine, 'functions/more.ts'))).toBe(true)
})

test('nothing is merged over what is not committed', () => {
  expect(upgrade('origin/main').stderr).toBe('Commit or stash your changes first.\n')
})

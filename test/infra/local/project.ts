import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratch, until } from './fixture.ts'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The stack of the project: written out, since it is the developer's file that changes. */
const app = `
import { App, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { ApiDefinition, SpecRestApi } from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda'

const context = { '@aws-cdk/aws-apigateway:disableCloudWatchRole': true }
const stack = new Stack(new App({ outdir: process.env.CDK_OUTDIR, context }), 'Project')
const table = new Table(stack, 'Items', {
  partitionKey: { name: 'id', type: AttributeType.STRING },
  removalPolicy: RemovalPolicy.DESTROY,
})
const origins = new CfnParameter(stack, 'AllowedOrigins', { default: 'http://localhost:5173' })
const make = (name) => new Function(stack, name, {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset('functions/' + name),
  description: name,
  timeout: Duration.seconds(5),
  environment: { TABLE: table.tableName, ORIGINS: origins.valueAsString },
})
const system = make('system')
table.grantReadWriteData(system)
make('admin')
const role = new Role(stack, 'Gateway', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') })
system.grantInvoke(role)
const integration = {
  type: 'aws_proxy',
  httpMethod: 'POST',
  uri: 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/' + system.functionArn + '/invocations',
  credentials: role.roleArn,
}
const any = { 'x-amazon-apigateway-any-method': { 'x-amazon-apigateway-integration': integration } }
const paths = { '/': any, '/{proxy+}': any }
new SpecRestApi(stack, 'Api', { apiDefinition: ApiDefinition.fromInline({ openapi: '3.0.1', paths }) })
stack.node.root.synth()
`

/** A function is its directory: to bundle it is to copy it. */
const rebundle = `
import { cpSync } from 'node:fs'

const [command, ...rest] = process.argv.slice(2)
const names = command === 'add' ? rest : rest.map((file) => file.split('/')[1])
for (const name of names)
  cpSync('functions/' + name, process.env.BUNDLE_DIR + '/' + name, { recursive: true })
process.stdout.write(JSON.stringify(names))
`

export const system = (greeting: string) => `
export const handler = async (event) => {
  const { AWS_ACCESS_KEY_ID: key, AWS_ENDPOINT_URL_DYNAMODB: url, TABLE } = process.env
  const call = async (operation, body) => (await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.' + operation,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/x/y/z/aws4_request, SignedHeaders=a, Signature=b',
    },
    body: JSON.stringify({ TableName: TABLE, ...body }),
  })).json()
  const id = { S: event.path }
  if (event.path === '/slow') await new Promise((resolve) => setTimeout(resolve, 400))
  if (event.httpMethod === 'PUT') await call('PutItem', { Item: { id, _rev: id } })
  const { Item } = await call('GetItem', { Key: { id }, ConsistentRead: true })
  return { statusCode: 200, body: JSON.stringify({ greeting: '${greeting}', stored: Item !== undefined, origins: process.env.ORIGINS }) }
}`

const admin = `
export const handler = async ({ command, username, password }) => {
  if (password.length < 8) throw new Error('the password is too short')
  console.log('creating ' + username)
  return { created: command === 'create-admin', userId: '1' }
}`

/** A project of its own with the runner in it, as a developer would have it. */
export function makeProject(name: string): string {
  const directory = join(scratch, name)
  const functions = { system: system('hello'), admin }
  for (const [file, code] of Object.entries(functions)) {
    mkdirSync(join(directory, 'functions', file), { recursive: true })
    writeFileSync(join(directory, 'functions', file, 'index.mjs'), code)
  }
  const single = ['infra/any-method.ts', 'infra/failure.ts', 'functions/model/parents.ts']
  for (const part of [...single, 'infra/local', 'infra/plan', 'functions/config'])
    cpSync(join(root, part), join(directory, part), { recursive: true })
  // The project declares no resource, so that there is nothing to index.
  mkdirSync(join(directory, 'infra', 'reindex'))
  writeFileSync(
    join(directory, 'infra', 'reindex', 'reindex-all.ts'),
    'export async function reindexAll(): Promise<void> {}\n',
  )
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'infra', 'app.ts'), app)
  writeFileSync(join(directory, 'infra', 'rebundle.ts'), rebundle)
  // Without `exec` the signal would end the shell that npm starts, not the runner.
  const scripts = { start: 'exec node infra/local/main.ts' }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', scripts }))
  return directory
}

export interface Running {
  process: ChildProcess
  /** What it has written so far. */
  output: { stdout: string; stderr: string }
  exit: Promise<number | null>
  /** Its address, once it says that it is ready. */
  ready(): Promise<string>
}

/** Runs `npm start -- …`, or `node infra/local/main.ts …`, in a process group of its own. */
export function run(
  directory: string,
  parameters: string[],
  env: Record<string, string> = {},
  command: [string, ...string[]] = [process.execPath, 'infra/local/main.ts'],
): Running {
  const [file, ...first] = command
  const child = spawn(file, [...first, ...parameters], {
    cwd: directory,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const ready = async () => {
    const find = () =>
      /is ready at (\S+)/.exec(output.stderr)?.[1] ?? (child.exitCode === null ? undefined : '!')
    const address = await until(find)
    if (address === '!') throw new Error(output.stderr)
    return address
  }
  return { process: child, output, exit, ready }
}

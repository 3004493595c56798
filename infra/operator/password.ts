import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Failure } from '../failure.ts'

/**
 * A password from $ADMIN_PASSWORD, from the terminal without showing it, or else the first line of
 * the standard input; never from the arguments, which every user of the machine can see.
 * @throws Failure when it is empty, or was typed differently the second time
 */
export async function readPassword(): Promise<string> {
  const password = process.env.ADMIN_PASSWORD || (await (process.stdin.isTTY ? typed() : piped()))
  if (!password) throw new Failure('a password is needed')
  return password
}

async function typed(): Promise<string> {
  const password = await hidden('Password: ')
  if ((await hidden('Again: ')) !== password) throw new Failure('the two passwords differ')
  return password
}

async function hidden(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await terminal.question('')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

async function piped(): Promise<string> {
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) return line
  return ''
}

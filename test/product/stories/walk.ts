import { type Step, stories } from './stories.ts'

export interface Admin {
  readonly username: string
  readonly password: string
}

/** What became of a step. */
export interface Outcome {
  readonly story: string
  readonly step: Step
  /** As it was sent, without credentials. */
  readonly call: string
  readonly status: number
}

/** Walks all stories over HTTP, step by step, and tells what each answered. */
export async function* walk(origin: string, admin: Admin): AsyncGenerator<Outcome> {
  const basic = Buffer.from(`${admin.username}:${admin.password}`).toString('base64')
  const kept: Record<string, string> = {
    run: Date.now().toString(36),
    adminUsername: admin.username,
    adminPassword: admin.password,
    basic: `Basic ${basic}`,
  }
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (all, name) => kept[name] ?? all)
  for (const { title, steps } of stories)
    for (const step of steps) {
      const [method = 'GET', path = ''] = step.call.split(' ')
      const response = await fetch(`${origin}/api/v1${fill(path)}`, {
        method,
        headers: {
          ...(step.authorization && { Authorization: fill(step.authorization) }),
          ...(step.body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(step.body !== undefined && { body: fill(JSON.stringify(step.body)) }),
      })
      const text = await response.text()
      for (const [name, member] of Object.entries(step.keep ?? {}))
        kept[name] = JSON.parse(text)[member]
      const shown = fill(path).replace(/(token|password)=[^&]+/g, '$1=…')
      yield { story: title, step, call: `${method} /api/v1${shown}`, status: response.status }
    }
}

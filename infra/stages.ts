import type { Stage } from './stage.ts'
import { stageFaults } from './stage-faults.ts'

export type { Stage } from './stage.ts'

const dev: Stage = {
  name: 'dev',
  algorithm: 'ES256',
  tokenLifetime: 15 * 60,
  authorizerCache: 0,
  passwordMinimum: 8,
  bcryptCost: 10,
  allowedOrigins: [],
  publicUrl: '',
  certificate: '',
  firewall: false,
  throttle: { rate: 100, burst: 200 },
  hashing: { rate: 10, burst: 20 },
  concurrency: {},
  budgets: {
    'account-and-address': { count: 10, seconds: 15 * 60 },
    account: { count: 100, seconds: 15 * 60 },
    address: { count: 1000, seconds: 15 * 60 },
    device: { count: 10, seconds: 15 * 60 },
    devices: { count: 100, seconds: 15 * 60 },
    forgot: { count: 30, seconds: 60 * 60 },
    factor: { count: 10, seconds: 15 * 60 },
    'factor-day': { count: 50, seconds: 24 * 60 * 60 },
    'factor-device': { count: 10, seconds: 15 * 60 },
    'factor-devices': { count: 100, seconds: 15 * 60 },
    'factor-devices-day': { count: 200, seconds: 24 * 60 * 60 },
    recovery: { count: 10, seconds: 15 * 60 },
    rename: { count: 10, seconds: 60 * 60 },
    signup: { count: 1000, seconds: 60 * 60 },
  },
  keepData: false,
  ownKey: false,
  requestsALine: 1,
  logDays: 7,
  rotationDays: 30,
  // 1,769 MB are one whole processor.
  memory: { hashing: 1769, other: 512 },
  mailFrom: '',
  appUrl: '',
  alarmEmail: '',
}

/** All stages, each under its own name: a further one, such as `staging`, is a further entry. */
export const stages = {
  /** What `npm start` serves; never deployed. */
  local: {
    ...dev,
    name: 'local',
    // Where the development servers of Vite and of most frameworks serve a page.
    allowedOrigins: ['http://localhost:5173', 'http://localhost:3000'],
    throttle: { rate: 10_000, burst: 5_000 },
    hashing: { rate: 10_000, burst: 5_000 },
    // Mails are shown at /local/mail.
    mailFrom: 'Portcullis <no-reply@localhost.example>',
  },
  dev,
  prod: {
    ...dev,
    name: 'prod',
    bcryptCost: 12,
    throttle: { rate: 2_000, burst: 1_000 },
    hashing: { rate: 50, burst: 100 },
    keepData: true,
    ownKey: true,
    logDays: 90,
  },
} satisfies Readonly<Record<string, Stage>>

/** The names of all stages. */
export const stageNames: readonly string[] = Object.keys(stages)

/** The name of a stage's stack. */
export function stackName({ name }: Stage): string {
  return `Portcullis-${name}`
}

/** How log lines and metrics call a stage. */
export function serviceName({ name }: Stage): string {
  return `portcullis-${name}`
}

/** @throws Error that names the stages, for an unknown name, or every fault of the stage */
export function stageOf(name: string): Stage {
  const [, stage] = Object.entries<Stage>(stages).find(([key]) => key === name) ?? []
  if (!stage) throw new Error(`Unknown stage ${name}: use one of ${stageNames.join(', ')}`)
  const misnamed = stage.name === name ? [] : [`its name is ${stage.name}`]
  const faults = [...misnamed, ...stageFaults(stage)]
  if (faults.length > 0) throw new Error(`The stage ${name}: ${faults.join('; ')}`)
  return stage
}

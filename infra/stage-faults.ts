import { highestCost } from '../functions/auth/passwords/passwords.ts'
import { algorithms } from '../functions/auth/tokens/tokens.ts'
import type { Stage } from './stage.ts'

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const logDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
]

/** All that cannot be meant in the settings of a stage, found before anything is deployed. */
export function stageFaults(stage: Stage): string[] {
  const { tokenLifetime, authorizerCache, publicUrl, certificate, throttle, hashing, memory } =
    stage
  const whole = (name: string, value: number, min: number, max: number): [boolean, string] => [
    Number.isInteger(value) && value >= min && value <= max,
    `${name} must be a whole number from ${min} to ${max}`,
  ]
  const rules: readonly [holds: boolean, fault: string][] = [
    [
      /^[a-z][a-z0-9-]{0,19}$/.test(stage.name),
      'name must be 1 to 20 lower-case letters, digits and hyphens, the first a letter',
    ],
    [algorithms.includes(stage.algorithm), `algorithm must be one of ${algorithms.join(', ')}`],
    whole('tokenLifetime', tokenLifetime, 60, 24 * 60 * 60),
    whole('authorizerCache', authorizerCache, 0, 3600),
    [authorizerCache < tokenLifetime, 'authorizerCache must be shorter than tokenLifetime'],
    whole('bcryptCost', stage.bcryptCost, 10, highestCost),
    whole('passwordMinimum', stage.passwordMinimum, 8, 64),
    ...stage.allowedOrigins.map((origin): [boolean, string] => [
      isOrigin(origin),
      `allowedOrigins: ${origin} is not an origin such as https://www.example.org`,
    ]),
    [
      publicUrl === '' || (isOrigin(publicUrl) && publicUrl.startsWith('https:')),
      'publicUrl must be https and a host, with nothing after it',
    ],
    [certificate === '' || publicUrl !== '', 'certificate needs a publicUrl'],
    [
      certificate === '' || !/:\d+$/.test(publicUrl),
      'publicUrl can have no port where the API has a domain of its own: leave out certificate or port',
    ],
    [
      certificate === '' ||
        /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/.test(certificate),
      'certificate must be the ARN of a certificate in ACM',
    ],
    ...Object.entries({ throttle, hashing }).flatMap(([name, { rate, burst }]) => [
      whole(`${name}.rate`, rate, 1, 100_000),
      whole(`${name}.burst`, burst, 1, 50_000),
    ]),
    ...Object.entries(stage.concurrency).map(([name, count]) =>
      whole(`concurrency.${name}`, count, 1, 1000),
    ),
    ...Object.entries(stage.budgets).flatMap(([name, { count, seconds }]) => [
      whole(`budgets.${name}.count`, count, 1, 1_000_000),
      whole(`budgets.${name}.seconds`, seconds, 1, 24 * 60 * 60),
    ]),
    // CloudWatch takes a hundred values of a metric in one line.
    whole('requestsALine', stage.requestsALine, 1, 100),
    [logDays.includes(stage.logDays), `logDays must be one of ${logDays.join(', ')}`],
    whole('rotationDays', stage.rotationDays, 1, 999),
    [
      stage.mailFrom === '' || stage.rotationDays > 7,
      'rotationDays must be more than 7 where mails are sent: a link is valid for a week, but not beyond the second rotation after it was made',
    ],
    whole('memory.hashing', memory.hashing, 128, 10_240),
    whole('memory.other', memory.other, 128, 10_240),
    [
      /^$|^[^\s<>]+@[^\s<>]+$|^[\w !#$%&'*+\-/=?^`{|}~]+ <[^\s<>]+@[^\s<>]+>$/.test(stage.mailFrom),
      "mailFrom must be an e-mail address, with a name before it or none: 'Acme <no-reply@example.org>', the name in ASCII and without punctuation that RFC 5322 reserves",
    ],
    [
      stage.appUrl === '' || isWebPage(stage.appUrl),
      'appUrl must be the https address of a page, without a fragment',
    ],
    [
      stage.mailFrom === '' || stage.name === 'local' || stage.appUrl !== '' || publicUrl !== '',
      'mailFrom needs an appUrl or a publicUrl for the links in mails',
    ],
    [/^$|^\S+@\S+$/.test(stage.alarmEmail), 'alarmEmail must be an e-mail address'],
  ]
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault)
}

function isWebPage(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.hash === '' && (url.protocol === 'https:' || url.hostname === 'localhost')
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

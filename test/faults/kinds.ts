import type { AwsCall, Fault } from '../../infra/local/aws/calls.ts'

/** A way in which a call to AWS goes wrong. */
export interface Kind {
  readonly name: string
  readonly fault: (call: AwsCall) => Fault
  /** Not only this call goes wrong, but every one like it from now on. */
  readonly lasting?: true
  /** The function dies of it. */
  readonly kills?: true
  /** The call is carried out nevertheless, when nobody waits for it any more. */
  readonly late?: true
  readonly headers?: Readonly<Record<string, string>>
}

/** Set on a request, it is the time that the function is told to have, milliseconds. */
export const timeHeader = 'X-Remaining-Time'

const failure = { name: 'fails once', fault: () => ({ error: 'InternalServerError' }) }
const outage: Kind = { ...failure, name: 'fails', lasting: true }
const death: Kind = {
  name: 'the function dies before it',
  fault: () => ({ killFunction: 'before' }),
  kills: true,
}

const throttled: Kind['fault'] = ({ service }) => ({
  error: service === 'dynamodb' ? 'ProvisionedThroughputExceededException' : 'ThrottlingException',
})

const ofReads: readonly Kind[] = [failure, outage, death]

const ofWrites: readonly Kind[] = [
  ...ofReads,
  { name: 'throttled once', fault: throttled },
  { name: 'throttled', fault: throttled, lasting: true },
  { name: 'lost once', fault: () => ({ drop: true }) },
  { name: 'lost', fault: () => ({ drop: true }), lasting: true },
  { name: 'answer lost once', fault: () => ({ dropAnswer: true }) },
  { name: 'answer lost', fault: () => ({ dropAnswer: true }), lasting: true },
  {
    name: 'slow',
    fault: () => ({ delayMs: 400 }),
    lasting: true,
    late: true,
    headers: { [timeHeader]: '300' },
  },
  { name: 'the function dies after it', fault: () => ({ killFunction: 'after' }), kills: true },
]

/** Somebody else's transaction has the same item at the same moment. */
const collision: Kind = {
  name: 'collides once',
  fault: () => ({ error: 'TransactionConflictException' }),
}

/** How a call may go wrong; for a read, before and after it are the same. */
export function kindsOf({ operation }: AwsCall): readonly Kind[] {
  if (/^(Get|Query|Describe)/.test(operation)) return ofReads
  return /^(?:Put|Update|Delete)Item$/.test(operation) ? [...ofWrites, collision] : ofWrites
}

/** The operation and what it is done to. */
export function nameOf({ operation, request }: AwsCall): string {
  const { TableName, TransactItems, SecretId } = request
  if (Array.isArray(TransactItems)) return `${operation} of ${TransactItems.length}`
  const [, name = SecretId ? 'the secret' : ''] = /^Tables([a-z-]+)/.exec(String(TableName)) ?? []
  return `${operation} ${name}`.trim()
}

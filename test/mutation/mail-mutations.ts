import type { Mutation } from './mutations.ts'

const notices = ['test/api/notices.test.ts']
const email = ['test/api/email.test.ts']

/** Holes in mails, their links, notices and what they undo. */
export const mailMutations: readonly Mutation[] = [
  {
    hole: 'nobody is told of another password',
    file: 'functions/accounts/account-changes.ts',
    from: "...(hash !== undefined && event !== 'none' ? notice(user.id, credentials, event) : []),",
    to: '',
    tests: notices,
  },
  {
    hole: 'nobody is told of another name',
    file: 'functions/accounts/account-changes.ts',
    from: "...(username === user.username ? [] : notice(user.id, credentials, 'renamed')),",
    to: '',
    tests: notices,
  },
  {
    hole: 'nobody is told of the end of an account',
    file: 'functions/accounts/account-changes.ts',
    from: "...notice(userId, credentials, 'deleted'),",
    to: '',
    tests: notices,
  },
  {
    hole: 'nobody is told of an API key',
    file: 'functions/accounts/api-keys.ts',
    from: "...(await noticeTo(userId, 'key_made')),",
    to: '',
    tests: notices,
  },
  {
    hole: 'nobody is told of a recovery code that signs in',
    file: 'functions/accounts/begin-session.ts',
    from: 'return [useChallenge(challenge), ...steps, ...told]',
    to: 'return [useChallenge(challenge), ...steps]',
    tests: notices,
  },
  {
    hole: 'nobody is told of what happens to factors',
    file: 'functions/accounts/factors.ts',
    from: 'event ? await noticeTo(userId, event) : []',
    to: 'event && false ? await noticeTo(userId, event) : []',
    tests: notices,
  },
  {
    hole: 'notices of one kind use up those of another',
    file: 'functions/accounts/messages.ts',
    from: '`${item.userId} ${item.event}`',
    to: '`${item.userId}`',
    tests: notices,
  },
  {
    hole: 'undoing leaves the factors',
    file: 'functions/accounts/factor-rows.ts',
    from: 'confirmed && confirmedAt < factorsSince && !ids.has(factorIdOf(factor))',
    to: 'confirmed',
    tests: notices,
  },
  {
    hole: 'undoing removes factors of long ago',
    file: 'functions/accounts/factor-rows.ts',
    from: 'confirmed && confirmedAt < factorsSince && !ids',
    to: 'confirmed && factorsSince === Number.POSITIVE_INFINITY && !ids',
    tests: notices,
  },
  {
    hole: 'undoing leaves the recovery codes that came with a factor',
    file: 'functions/accounts/factor-rows.ts',
    from: 'kept.length > 0 && codes && codes.madeAt < codesSince ? codes : undefined',
    to: 'codes',
    tests: notices,
  },
  {
    hole: 'a reset is mailed to whoever changed the address after adding a factor',
    file: 'functions/accounts/undos.ts',
    from: 'address: moved?.address,',
    to: 'address: undo.address,',
    tests: notices,
  },
  {
    hole: 'an undo works more than once',
    file: 'functions/accounts/undos.ts',
    from: 'undos: earlier.filter((one) => one !== undo),',
    to: 'undos: earlier,',
    tests: notices,
  },
  {
    hole: 'what is done after ten changes cannot be undone',
    file: 'functions/accounts/undos.ts',
    from: 'return { id: last.id, undos: [...open.slice(0, maxUndos - 1), more] }',
    to: 'return { id: randomUUIDv7(), undos: [...open.slice(0, maxUndos - 1), more] }',
    tests: notices,
  },
  {
    hole: 'undoing leaves the password',
    file: 'functions/accounts/undo.ts',
    from: '      { hash },\n',
    to: '      { disabled: false },\n',
    tests: notices,
  },
  {
    hole: 'undoing mails no reset',
    file: 'functions/accounts/undo.ts',
    from: "outboxSteps({ purpose: 'reset', userId, to })",
    to: '[]',
    tests: notices,
  },
  {
    hole: 'an address that is taken by now leaves the thief in',
    file: 'functions/accounts/undo.ts',
    from: "if (!(error instanceof Problem && error.code === 'email_taken')) throw error",
    to: 'if (!(error instanceof Error && error.name === "x")) throw error',
    tests: notices,
  },
  {
    hole: 'a link of a mail is good for ever',
    file: 'functions/accounts/mail-links.ts',
    from: 'if (Number(expiry) * 1000 <= Date.now()) return undefined',
    to: '',
    tests: notices,
  },
  {
    hole: 'an address that is not verified signs in',
    file: 'functions/accounts/addresses.ts',
    from: 'return account?.emailVerified ? account.email : undefined',
    to: 'return account?.email',
    tests: email,
  },
]

import { isDeepStrictEqual } from 'node:util'
import { ownerName } from '../../functions/model/parents.ts'
import { type Change, items } from './change.ts'
import type { Said } from './field-changes.ts'
import type { DeclarationRecord, KnownResource, ResourceRecord, Seclusion } from './record.ts'

/** From the most closed to the most open. */
const seclusions: readonly Seclusion[] = ['private', 'readable', 'none']

function nameOf(one: Seclusion): string {
  return one === 'none' ? 'unowned' : one
}

/** Whom items belong to: a change that opens them must be named with `--widen`. */
export function ownershipChanges(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const was = before.seclusion ?? before.owner
  if (was === undefined || was === now.seclusion) return []
  const text = `${nameOf(was)} becomes ${nameOf(now.seclusion)}`
  if (count === 0) return [['nothing', `${text}; nothing is stored yet.`]]
  if (now.owner && hadField(before, now, ownerName))
    return [
      [
        'refused',
        `${text}, and the field ${ownerName} of ${items(count)} would become their owner, whoever wrote it: export them, rename the field in the file, and import them as a resource of another name.`,
      ],
    ]
  if (seclusions.indexOf(now.seclusion) > seclusions.indexOf(was)) {
    const then = now.seclusion === 'readable' ? 'others will see' : 'nobody will own'
    const until = was === 'private' ? 'see' : 'change'
    return [['widen', `${text}: ${then} ${items(count)} that only their owners ${until} now.`]]
  }
  if (was !== 'none') return [['nothing', `${text}: over ${items(count)}.`]]
  const may = now.access.public ? 'write' : 'see and write'
  return [['nothing', `${text}: over ${items(count)} without an owner, which only admins ${may}.`]]
}

/** Whether what is stored, in a table that stays, has a field of this name. */
function hadField(before: KnownResource, now: ResourceRecord, name: string): boolean {
  const isKept = isDeepStrictEqual(before.keys, now.keys)
  return isKept && [before.fields, before.readOnly].some((fields) => fields?.[name] !== undefined)
}

/** Who may do what: what anybody gains over stored items must be named with `--widen`. */
export function accessChanges(
  before: KnownResource,
  now: ResourceRecord,
  count: number | undefined,
): Said[] {
  const { access, isPublic } = before
  if (!access) return isPublic === false ? publicChanges(now, count) : []
  const holders = new Set([...Object.keys(access), ...Object.keys(now.access)])
  const of = (holder: string, granted: ResourceRecord['access']) => [
    ...new Set([...(granted.public ?? []), ...(granted[holder] ?? [])]),
  ]
  return [...holders].flatMap((holder): Said[] => {
    const [was, is] = [of(holder, access), of(holder, now.access)]
    const gained = is.filter((what) => !was.includes(what))
    const lost = was.filter((what) => !is.includes(what))
    // What everybody gains, each role gains too: it is said once.
    const own =
      holder === 'public' ? gained : gained.filter((what) => !now.access.public?.includes(what))
    const name = holder === 'public' ? 'everybody, without a token,' : `the role ${holder}`
    const all =
      count === 0
        ? ['nothing' as const, 'nothing is stored yet']
        : ['widen' as const, `over ${items(count)}`]
    return [
      ...(own.length > 0 ? [[all[0], `${name} may ${own.join(', ')}: ${all[1]}.`] as Said] : []),
      ...(lost.length > 0
        ? [['nothing', `${name} may not ${lost.join(', ')} any more.`] as Said]
        : []),
    ]
  })
}

/**
 * Users with a removed role lose everything it gave them: reported once, in addition to the changes
 * of each resource.
 */
export function roleChanges(
  before: DeclarationRecord | undefined,
  now: DeclarationRecord,
): readonly Change[] {
  if (!before) return []
  const declared = rolesOf(now)
  return rolesOf(before)
    .filter((role) => !declared.includes(role))
    .map((role) => ({
      resource: 'users',
      verdict: 'nothing',
      text: `the role ${role} is not declared any more: whoever has it may sign in and out, and nothing else, until they are given another.`,
    }))
}

function rolesOf({ roles, resources }: DeclarationRecord): readonly string[] {
  const named = Object.values(resources).flatMap(({ access }) => Object.keys(access))
  return roles ?? [...new Set(named)].filter((holder) => holder !== 'public')
}

/** For a stack without a record, all that is known is which routes need no token. */
function publicChanges({ access }: ResourceRecord, count: number | undefined): Said[] {
  if (!access.public || count === 0) return []
  const what = access.public.join(', ')
  return [['widen', `everybody, without a token, may ${what}: over ${items(count)}.`]]
}

import type { Request } from '../http/request.ts'
import type { Resource } from '../model/declaration.ts'
import { inWords } from '../model/names.ts'
import { ownerName } from '../model/parents.ts'
import { type Fault, invalid } from '../model/problems.ts'
import { namedIn } from '../model/references.ts'
import type { Attributes } from '../store/attributes.ts'
import { readStored } from '../store/items.ts'
import { isHidden, mayRead } from './ownership.ts'
import { ownerOf } from './places.ts'

/**
 * Looks for the items of other resources that a request names. One that the caller may not read is
 * as if it were not there.
 * @param set the fields that are set
 * @throws Problem 422 naming each that is not there
 */
export async function checkReferences(
  resource: Resource,
  request: Request,
  set = request.body as Attributes,
): Promise<void> {
  const found = Object.entries(resource.fields).flatMap(([name, field]) =>
    namedIn(field, set[name], `/${name}`),
  )
  if (found.length === 0) return
  const checked = await Promise.all(
    found.map(async ({ pointer, to, key }): Promise<Fault[]> => {
      if (await isReadable(to, key, request)) return []
      return [{ pointer, detail: `is not the ${to.key} of an existing ${inWords(to.singular)}` }]
    }),
  )
  const faults = checked.flat()
  if (faults.length > 0) throw invalid(...faults)
}

async function isReadable(to: Resource, key: string, request: Request): Promise<boolean> {
  if (!mayRead(to, request)) return false
  const holder =
    to.owner === 'private' ? { [ownerName]: await ownerOf(to.name, key, request) } : undefined
  const item = await readStored(to, { ...holder, [to.key]: key })
  return item !== undefined && !(await isHidden(to, item, request))
}

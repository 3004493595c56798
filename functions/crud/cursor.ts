import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../model/problems.ts'
import type { Keyed } from '../store/layout.ts'
import { cursorKey } from '../store/records.ts'

/**
 * A cursor is the place of the last item of a page with an HMAC over it, the list (path, what is
 * asked of it, and its order) and the caller: nobody can alter one or use it elsewhere.
 */
export interface List {
  readonly resource: Keyed
  readonly path: string
  /** Filters, ranges and order, by parameter. */
  readonly asked: Readonly<Record<string, unknown>>
  /** How the values compare that give the order; places mean nothing in another one. */
  readonly order?: string | undefined
  /** Undefined where the list is public. */
  readonly userId: string | undefined
}

const macBytes = 16
const keys = new Map<string, Promise<Buffer>>()

export async function sealCursor(list: List, place: string): Promise<string> {
  const position = Buffer.from(place, 'utf8')
  return Buffer.concat([await mac(list, position), position]).toString('base64url')
}

/** @throws Problem 400 for a cursor that is not one of this list and caller */
export async function openCursor(list: List, cursor: string): Promise<string> {
  const bytes = Buffer.from(cursor, 'base64url')
  const position = bytes.subarray(macBytes)
  const canonical = bytes.length > macBytes && bytes.toString('base64url') === cursor
  if (!canonical || !timingSafeEqual(bytes.subarray(0, macBytes), await mac(list, position)))
    throw new Problem('bad_request', 'Query: the cursor does not belong to this list.')
  return position.toString('utf8')
}

async function mac(list: List, position: Buffer): Promise<Buffer> {
  const { resource, path, asked, order, userId } = list
  const binding = JSON.stringify([path, Object.entries(asked).sort(), order, userId])
  return createHmac('sha256', await keyOf(resource))
    .update(binding)
    .update('\0')
    .update(position)
    .digest()
    .subarray(0, macBytes)
}

/** Read once in the life of an instance; a failed read is tried again by the next request. */
function keyOf(resource: Keyed): Promise<Buffer> {
  let key = keys.get(resource.name)
  if (!key) {
    key = cursorKey(resource)
    key.catch(() => keys.delete(resource.name))
    keys.set(resource.name, key)
  }
  return key
}

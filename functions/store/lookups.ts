import type { Resource } from '../model/declaration.ts'
import type { ListPlan } from '../model/list-plan.ts'
import { Problem } from '../model/problems.ts'
import type { Attributes } from './attributes.ts'
import { readGuard } from './guard-records.ts'
import { type Item, readItem } from './items.ts'
import { comparable, guardKey, keyOf, orderKeyOf } from './layout.ts'
import { spanOf } from './list-queries.ts'
import { indexPlace, intersection, isEmpty } from './order-keys.ts'

/**
 * The item that has a unique value, found by the guard of the value, if it also meets everything
 * else that is asked.
 */
export async function findUnique(
  resource: Resource,
  parent: Attributes,
  plan: ListPlan,
  field: string,
): Promise<Item[]> {
  const wanted = { ...parent, ...plan.exact }
  // The value may move from one item to another between the two reads.
  for (let attempt = 1; attempt <= 3; attempt++) {
    const guard = await readGuard(resource, { key: guardKey(resource, field, wanted) })
    if (!guard.isThere) return []
    // A guard from before guards named their owners, or one of several items.
    if (guard.owner === undefined || guard.sharers > 0) throw new Problem('index_building')
    const key = keyOf(resource, { ...parent, [resource.key]: guard.owner })
    const item = await readItem(resource, key)
    if (item && has(resource, item, field, wanted))
      return Object.keys(plan.exact).every((one) => has(resource, item, one, wanted)) &&
        isInRange(resource, item, plan)
        ? [item]
        : []
  }
  return []
}

function has(resource: Resource, item: Attributes, field: string, wanted: Attributes): boolean {
  return comparable(resource, field, item[field]) === comparable(resource, field, wanted[field])
}

/** An order or range by a field lists only the items that have it. */
function isInRange(resource: Resource, item: Item, plan: ListPlan): boolean {
  const field = plan.index?.sort
  if (field === undefined) return true
  const key = orderKeyOf(resource, field, item[field])
  if (key === undefined) return false
  const place = indexPlace(key, '0')
  return !isEmpty(intersection(spanOf(resource, plan), { low: place, high: place }))
}

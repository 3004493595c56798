import type { Resource } from '../functions/model/declaration.ts'
import { accountTableNames } from './plan/deployed.ts'

/**
 * Refuses names that two functions would have, or two tables.
 * @param ours the functions of the API itself, but for that of the users
 * @throws Error with the resource and what is to be changed
 */
export function checkNames(resources: readonly Resource[], ours: readonly string[]): void {
  const names = resources.map(({ name }) => name)
  const taken = [...ours, ...accountTableNames]
  for (const [at, name] of names.entries()) {
    if (taken.includes(name))
      throw new Error(
        `${name}: the API itself has a function or a table of this name: give the resource another \`name\``,
      )
    if (names.indexOf(name) < at)
      throw new Error(
        `${name}: two resources have this name: is one listed twice in functions/resources/index.ts?`,
      )
  }
  const readers = new Map<string, string>()
  for (const { name, onChange } of resources)
    for (const reader of Object.keys(onChange)) {
      if ([...ours, ...names].includes(reader))
        throw new Error(
          `${name}: ${reader} cannot receive its changes, because functions/${reader}.ts serves requests or the API itself: give the function in \`onChange\` a file of its own`,
        )
      const other = readers.get(reader)
      if (other !== undefined)
        throw new Error(
          `${name}: ${reader} already receives the changes of ${other}, and a function can receive those of one resource only: write a file for each, which may import what they share`,
        )
      readers.set(reader, name)
    }
}

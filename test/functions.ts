import { functionNames } from '../infra/bundle.ts'
import { fixtureNames } from './fixtures/declare.ts'

/** The functions that the tests serve: those that are deployed, and those of the fixtures. */
export async function testFunctionNames(): Promise<string[]> {
  return [...(await functionNames()), ...fixtureNames].sort()
}

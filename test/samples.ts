import { resources } from '../functions/routes/registry.ts'
import { fixtureNames } from './fixtures/declare.ts'

/** The resources that come with the project: the samples and the users. */
const samples = 8

/** How many resources a product has beyond the samples. */
export function beyondSamples(): number {
  const served = resources.filter(({ name }) => !fixtureNames.includes(name))
  return Math.max(0, served.length - samples)
}

import { type Stage, stages } from '../infra/stages.ts'

/** What the tests serve: the stage `local`, with the least cost of bcrypt that there is. */
export const testStage: Stage = { ...stages.local, bcryptCost: 4 }

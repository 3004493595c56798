import { accessMutations } from './access-mutations.ts'
import { authMutations } from './auth-mutations.ts'
import { changingMutations } from './changing-mutations.ts'
import { clientMutations } from './client-mutations.ts'
import { crudMutations } from './crud-mutations.ts'
import { mailMutations } from './mail-mutations.ts'
import { type Mutation, mutations } from './mutations.ts'
import { planMutations } from './plan-mutations.ts'

export const allMutations: readonly Mutation[] = [
  ...mutations,
  ...authMutations,
  ...crudMutations,
  ...accessMutations,
  ...clientMutations,
  ...mailMutations,
  ...planMutations,
  ...changingMutations,
]

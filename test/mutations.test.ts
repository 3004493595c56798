import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../infra/bundle.ts'
import { authMutations } from './mutation/auth-mutations.ts'
import { crudMutations } from './mutation/crud-mutations.ts'
import { mutations } from './mutation/mutations.ts'

/** To open them all and see what notices takes long: `npm run test:mutation`. */
test.for([...mutations, ...authMutations, ...crudMutations])(
  'the place of a hole is in the source: $hole',
  ({ file, from, to }) => {
    const source = readFileSync(join(root, file), 'utf8')
    expect(source.split(from)).toHaveLength(2)
    expect(to).not.toBe(from)
  },
)

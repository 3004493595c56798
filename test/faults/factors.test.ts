import { factorOperations } from './mail-operations.ts'
import { testMatrix } from './matrix.ts'

await testMatrix(factorOperations, 4)

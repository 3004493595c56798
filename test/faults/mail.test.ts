import { mailOperations } from './mail-operations.ts'
import { testMatrix } from './matrix.ts'

await testMatrix(mailOperations, 4)

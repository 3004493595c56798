import { accountOperations } from './account-operations.ts'
import { testMatrix } from './matrix.ts'

await testMatrix(accountOperations)

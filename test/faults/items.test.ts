import { itemOperations } from './item-operations.ts'
import { testMatrix } from './matrix.ts'

await testMatrix(itemOperations, 1, ['answer lost once'])

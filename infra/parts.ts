import type { Stack } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import type { Stage } from './stages.ts'

/** The parts of the stack, by the names of the files in functions/ and of the resources. */
export interface Parts {
  readonly stack: Stack
  readonly stage: Stage
  readonly functions: ReadonlyMap<string, Lambda>
  readonly tables: ReadonlyMap<string, Table>
}

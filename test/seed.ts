import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Resource } from '../functions/model/declaration.ts'
import type { Attributes } from '../functions/store/attributes.ts'
import { newItem } from '../functions/store/items.ts'
import { guardKey, guardOwner } from '../functions/store/layout.ts'
import { inParallel } from './auth/support.ts'

/** Puts items into a resource's table as its creates would, but not through the API. */
export async function seed(
  { endpoint, table }: { endpoint: string; table: string },
  resource: Resource,
  items: readonly (Attributes & { id: string })[],
): Promise<void> {
  const written = items.flatMap((fields) => [
    newItem(resource, fields, fields.id),
    ...resource.unique.map((field) => ({
      ...guardKey(resource, field, fields),
      [guardOwner]: fields[resource.key],
    })),
  ])
  const batches = Array.from({ length: Math.ceil(written.length / 25) }, (_, at) =>
    written.slice(at * 25, at * 25 + 25),
  )
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const documents = DynamoDBDocumentClient.from(client)
  await inParallel(batches, 8, (batch) =>
    documents.send(
      new BatchWriteCommand({
        RequestItems: { [table]: batch.map((Item) => ({ PutRequest: { Item } })) },
      }),
    ),
  )
  client.destroy()
}

/** A UUIDv7 of this millisecond; those of one millisecond differ by their number, up to 4,095. */
export function idAt(milliseconds: number, number = 0): string {
  const time = milliseconds.toString(16).padStart(12, '0')
  const rest = number.toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest}-8000-000000000000`
}

/** The capacity units that were consumed since the last reset, as DynamoDB reports them. */
export const capacity = { read: 0, write: 0 }

export function resetCapacity(): void {
  capacity.read = 0
  capacity.write = 0
}

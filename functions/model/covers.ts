/** Whether the granted scopes cover the required one: `admin` covers `read` and `write`. */
export function covers(granted: ReadonlySet<string>, required: string): boolean {
  if (granted.has(required)) return true
  const [, resource, power] = /^([^:]+):(read|write)$/.exec(required) ?? []
  return power !== undefined && granted.has(`${resource}:admin`)
}

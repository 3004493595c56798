/** The methods that a REST API's `ANY` stands for. */
export const anyMethod: readonly string[] = [
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
]

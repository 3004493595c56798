/** An error of the service, answered with status 400. */
export class SecretsError extends Error {
  override name = 'SecretsError'
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

/** A mail that a function sent, as a developer reads it. */
export interface Mail {
  readonly from: string
  /** The recipients, separated by commas. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html?: string
  /** ISO 8601. */
  readonly sentAt: string
}

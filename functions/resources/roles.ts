/**
 * The roles of this API, each with the roles whose powers it has too. Signing up gives `member`; an
 * `admin` may do all. What else a role may do is in the `access` of each resource. The tests need
 * these three.
 */
export const roles = {
  member: [],
  editor: ['member'],
  admin: [],
} as const

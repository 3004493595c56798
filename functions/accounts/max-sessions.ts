/** More sessions than this a user cannot have; the oldest gives way. */
export const maxSessions = 50

/** More sessions than this a user cannot have; the one used least recently gives way. */
export const maxSessions = 50

/** More second factors than this a user cannot have, those included that are not confirmed yet. */
export const maxFactors = 5

/** For how long a change can be undone by the link of its notice, seconds. */
export const undoSeconds = 7 * 24 * 60 * 60

/** More API keys than this a user cannot have; none of them gives way. */
export const maxApiKeys = 20

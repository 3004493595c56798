/** The most sessions that a user can have; the one used least recently gives way. */
export const maxSessions = 50

/** The most second factors that a user can have, including those that are not confirmed yet. */
export const maxFactors = 5

/** How long a change can be undone by the link in its notice, seconds. */
export const undoSeconds = 7 * 24 * 60 * 60

/** The most API keys that a user can have; none of them gives way. */
export const maxApiKeys = 20

/** How long a function keeps the keys that it has read, and so one that was withdrawn, seconds. */
export const keyCacheSeconds = 60

/** How old the keys at hand may be where they do not know the key of a token, seconds. */
export const unknownKeySeconds = 10

import manifest from '../../package.json' with { type: 'json' }

/** The release; evaluated when the functions are bundled. */
export const version: string = manifest.version

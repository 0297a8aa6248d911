declare const CACHECTL_VERSION: string | undefined

/** Written in by the bundler; a test that runs from source has no version. */
export const version = typeof CACHECTL_VERSION === 'string' ? CACHECTL_VERSION : '0.0.0'

/** The newest release line of Node that the tests have run on. Older than the oldest is refused by bin/bootstrap.js. */
export const NEWEST_NODE = 26

/** `v26.12.1` -> 26. */
export const releaseLine = (version: string): number => Number(/^v?(\d+)/.exec(version)?.[1])

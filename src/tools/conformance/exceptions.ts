import type { Engine } from './suites.ts'

/** A test of a server's suite that the node does not pass, and why it never will. */
export interface Exception {
  readonly engines: readonly Engine[]
  /** As the suite calls it; for memcached, the file. */
  readonly test: string
  readonly reason: string
}

/** At most so many. */
export const MOST_EXCEPTIONS = 20

export const EXCEPTIONS: readonly Exception[] = [
  {
    engines: ['memcached'],
    test: 'conn-limits',
    reason: 'it counts pools of read buffers, and reads share one buffer here',
  },
  {
    engines: ['memcached'],
    test: 'restart',
    reason: 'items outlive a restart in mapped memory; ElastiCache nodes are empty then',
  },
]

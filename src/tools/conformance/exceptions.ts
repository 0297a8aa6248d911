import type { Engine } from './suites.ts'

/** A test of a server's suite that the node does not pass, and why it never will. */
export interface Exception {
  readonly engines: readonly Engine[]
  /** As the suite calls it; for memcached, the file. */
  readonly test: string
  readonly reason: string
  /** It is left out: what it leaves behind makes others fail. */
  readonly isLeftOut?: boolean
}

/** At most so many. */
export const MOST_EXCEPTIONS = 20

const BOTH: readonly Engine[] = ['redis', 'valkey']
const NO_AOF = 'no append-only file is written: ElastiCache has none'
const SHARED_BUFFERS =
  'clients have no buffers of their own here: requests are read into one, replies gathered in another'

export const EXCEPTIONS: readonly Exception[] = [
  { engines: BOTH, test: 'query buffer resized correctly', reason: SHARED_BUFFERS },
  { engines: BOTH, test: 'query buffer resized correctly when not idle', reason: SHARED_BUFFERS },
  { engines: ['valkey'], test: 'query buffer resized correctly with fat argv', reason: SHARED_BUFFERS },
  { engines: BOTH, test: 'verify reply buffer limits', reason: SHARED_BUFFERS },
  {
    engines: BOTH,
    test: 'LATENCY of expire events are correctly collected',
    reason: 'a large value that expires is given back in the background: there is no spike',
  },
  {
    engines: BOTH,
    test: 'CONFIG SET rollback on apply error',
    reason: 'whether a port can be had is not known by the time CONFIG SET answers; clusters change no ports',
  },
  {
    engines: BOTH,
    test: 'SRANDMEMBER with a dict containing long chain',
    reason:
      'it kills a child of the server that saves; nothing is forked here. The server fails it, too, when it is external',
    isLeftOut: true,
  },
  ...[
    'Empty stream can be rewrite into AOF correctly',
    'Stream can be rewrite into AOF correctly after XDEL lastid',
    'Consumer without PEL is present in AOF after AOFRW',
    'Empty stream with no lastid can be rewrite into AOF correctly',
    'Same dataset digest if saving/reloading as AOF?',
    'EXPIRES after a reload (snapshot + append only file rewrite)',
  ].map((test): Exception => ({ engines: BOTH, test, reason: NO_AOF })),
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

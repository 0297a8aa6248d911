/** The servers' own test suites, and how many of their tests the servers themselves pass. */

export type Engine = 'redis' | 'valkey' | 'memcached'

/** One way of running a suite. */
export interface Way {
  readonly name: string
  /** What the node is told beside its port. */
  readonly node: readonly string[]
  /** What the suite is told. */
  readonly suite: readonly string[]
  /** Tests (files, of memcached's) that the server itself passes; absent: it was not measured. */
  readonly bar?: number
}

export interface Suite {
  /** Debian's source package, and how its version begins whose suite it is. */
  readonly source: string
  readonly version: string
  readonly programs: readonly string[]
  /** What its source has, and nothing else. */
  readonly mark: string
  readonly ways: readonly Way[]
}

export const TCL_HELPER = 'tests/test_helper.tcl'
const DEBUG = ['--enable-debug-command', 'yes']

// As `--server` counts them, of the files that are run.
const waysOfTcl = (external: number, debug: number, cluster?: number): readonly Way[] => [
  { name: 'external', node: [], suite: ['--tags', '-needs:debug'], bar: external },
  { name: 'debug', node: DEBUG, suite: [], bar: debug },
  {
    name: 'cluster',
    node: [...DEBUG, '--cluster-enabled', 'yes'],
    suite: ['--cluster-mode'],
    ...(cluster === undefined ? {} : { bar: cluster }),
  },
]

export const SUITES: Readonly<Record<Engine, Suite>> = {
  redis: {
    source: 'redis',
    version: '7.0.15',
    programs: ['tclsh'],
    mark: TCL_HELPER,
    ways: waysOfTcl(1803, 1959, 1892),
  },
  valkey: { source: 'valkey', version: '8.0.1', programs: ['tclsh'], mark: TCL_HELPER, ways: waysOfTcl(2181, 2448) },
  memcached: {
    source: 'memcached',
    version: '1.6.18',
    programs: ['prove'],
    mark: 't/lib/MemcachedTest.pm',
    // 75 of its own debug build, 8 of them with storage on flash.
    ways: [{ name: 'files', node: [], suite: [], bar: 67 }],
  },
}

import { extend } from './extended.ts'
import { BadArgument, fraction, MIB, type Plan, wholeNumber } from './plan.ts'

/** One option of memcached's command line, or of our own. */
export interface Option {
  readonly long: string
  readonly char?: string
  /** What its value is called; without one it takes none. */
  readonly value?: string
  readonly meaning: string
  /** Not shown in help: for test suites, or without effect here. */
  readonly hidden?: true
  read(plan: Plan, value: string): void
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: MIB }

const idle = (long: string, char: string, value?: string): Option => ({
  long,
  char,
  ...(value !== undefined && { value }),
  meaning: 'accepted, without effect',
  hidden: true,
  read: () => undefined,
})

type Switch = 'evictToFree' | 'casEnabled' | 'flushAllEnabled' | 'watchEnabled' | 'dumpEnabled'

/** Something a node does unless it is told not to. */
const off = (long: string, char: string, what: Switch, meaning: string): Option => ({
  long,
  char,
  meaning,
  read({ node }) {
    node[what] = false
  },
})

const refused = (long: string, char: string, why: string, hint: string, value?: string): Option => ({
  long,
  char,
  ...(value !== undefined && { value }),
  meaning: why,
  hidden: true,
  read() {
    throw new BadArgument(`-${char}: ${why}`, hint)
  },
})

/** In the order of help. The names and letters are memcached's (`memcached -h`); those without a letter are ours. */
export const OPTIONS: readonly Option[] = [
  {
    long: 'listen',
    char: 'l',
    value: '<address>',
    meaning: 'where to listen, with or without :port; several with commas or again (default: the loopback addresses)',
    read: (plan, value) => void plan.listen.push(...value.split(',')),
  },
  {
    long: 'port',
    char: 'p',
    value: '<port>',
    meaning: 'the TCP port (default 11211); 0 takes any free one',
    // memcached's word for any free port is -1.
    read(plan, value) {
      plan.portSpoken = wholeNumber('-p', value, -1, 65_535)
      plan.port = Math.max(0, plan.portSpoken)
    },
  },
  {
    long: 'unix-socket',
    char: 's',
    value: '<path>',
    meaning: 'listen on a socket in the file system instead of the network',
    read(plan, value) {
      plan.socketPath = value
    },
  },
  {
    long: 'unix-mask',
    char: 'a',
    value: '<mode>',
    meaning: 'permissions of that socket, octal (default 700)',
    read(plan, value) {
      if (!/^0?[0-7]{3}$/.test(value))
        throw new BadArgument(`-a: permissions in octal are needed, as 770, not '${value}'`)
      plan.socketMode = Number.parseInt(value, 8)
    },
  },
  {
    long: 'memory-limit',
    char: 'm',
    value: '<megabytes>',
    meaning: 'memory for items (default 64)',
    read({ node }, value) {
      node.memoryLimit = wholeNumber('-m', value, 1, 1 << 21) * MIB
    },
  },
  {
    long: 'conn-limit',
    char: 'c',
    value: '<number>',
    meaning: 'connections at a time (default 1024)',
    read({ node }, value) {
      node.maxConnections = wholeNumber('-c', value, 1)
    },
  },
  {
    long: 'max-item-size',
    char: 'I',
    value: '<size>',
    meaning: 'the largest item, as 1m or 512k (default 1m)',
    read({ node }, value) {
      node.maxItemSize = itemSize(value)
    },
  },
  off('disable-evictions', 'M', 'evictToFree', 'refuse to store when memory is full, instead of evicting'),
  {
    long: 'slab-growth-factor',
    char: 'f',
    value: '<factor>',
    meaning: 'from one slab class to the next (default 1.25)',
    read({ node }, value) {
      node.growthFactor = fraction('-f', value, 1)
    },
  },
  {
    long: 'slab-min-size',
    char: 'n',
    value: '<bytes>',
    meaning: 'key, value and flags of the smallest item (default 48)',
    read({ node }, value) {
      node.chunkSize = wholeNumber('-n', value, 1)
    },
  },
  off('disable-cas', 'C', 'casEnabled', 'items without CAS, 8 bytes smaller'),
  off('disable-flush-all', 'F', 'flushAllEnabled', 'refuse flush_all'),
  off('disable-watch', 'W', 'watchEnabled', 'refuse watch'),
  off('disable-dumping', 'X', 'dumpEnabled', 'refuse stats cachedump and lru_crawler metadump'),
  {
    // memcached has no long name for it.
    long: 'prefix-delimiter',
    char: 'D',
    value: '<char>',
    meaning: 'where the prefix of a key ends (default :), and stats detail on from the start',
    read({ node }, value) {
      node.prefixDelimiter = value.charAt(0)
    },
  },
  {
    long: 'protocol',
    char: 'B',
    value: '<protocol>',
    meaning: 'auto (default), ascii or binary',
    read({ node }, value) {
      if (value !== 'auto' && value !== 'ascii' && value !== 'binary') {
        throw new BadArgument(`-B: invalid choice: '${value}' (choose from: auto, ascii, binary)`)
      }
      node.bindingProtocol = value
    },
  },
  {
    long: 'enable-shutdown',
    char: 'A',
    meaning: 'let clients end the node with shutdown',
    read(plan) {
      plan.mayShutDown = true
    },
  },
  {
    long: 'auth-file',
    char: 'Y',
    value: '<path>',
    meaning:
      'ask clients for name and password (set of any key to "name password"), from lines of name:password; text protocol only',
    read(plan, value) {
      plan.authFile = value
    },
  },
  {
    long: 'enable-ssl',
    char: 'Z',
    meaning: 'TLS, with -o ssl_chain_cert=<file>,ssl_key=<file>',
    read(plan) {
      plan.secure = true
    },
  },
  {
    long: 'extended',
    char: 'o',
    value: '<list>',
    meaning: "memcached's further options, with commas: idle_timeout=60,no_lru_crawler, ...",
    read: extend,
  },
  {
    long: 'pidfile',
    char: 'P',
    value: '<path>',
    meaning: 'write the process id there',
    read(plan, value) {
      plan.pidFile = value
    },
  },
  {
    long: 'daemon',
    char: 'd',
    meaning: 'go on in the background once it listens',
    read(plan) {
      plan.daemon = true
    },
  },
  {
    long: 'background',
    meaning: 'be the process in the background',
    hidden: true,
    read(plan) {
      plan.background = true
    },
  },
  {
    long: 'listen-backlog',
    char: 'b',
    value: '<number>',
    meaning: 'connections that may wait to be accepted (default 1024)',
    read({ node }, value) {
      node.backlog = wholeNumber('-b', value, 1)
    },
  },
  {
    long: 'max-reqs-per-event',
    char: 'R',
    value: '<number>',
    meaning: 'requests of one client served before those of others (default 20)',
    read({ node }, value) {
      node.requestsPerEvent = wholeNumber('-R', value, 1)
    },
  },
  {
    long: 'threads',
    char: 't',
    value: '<number>',
    meaning: 'reported by stats settings, without effect: a node is one thread',
    read({ node }, value) {
      node.threads = wholeNumber('-t', value, 1)
    },
  },
  {
    long: 'udp-port',
    char: 'U',
    value: '<port>',
    meaning: 'serve UDP too, on this port, as ElastiCache does not; -1 takes any free one (default 0: no UDP)',
    read(plan, value) {
      const port = wholeNumber('-U', value, -1, 65_535)
      if (port === 0) delete plan.udpPort
      else plan.udpPort = Math.max(0, port)
    },
  },
  {
    long: 'engine-version',
    value: '<version>',
    meaning: 'behave as this version of the engine (default 1.6.22)',
    read({ node }, value) {
      if (!/^1\.\d+\.\d+$/.test(value))
        throw new BadArgument(`--engine-version: not a version of memcached: '${value}'`)
      node.engineVersion = value
    },
  },
  {
    long: 'plain',
    meaning: "memcached's own set of commands: without config, with lru_crawler, lru and slabs",
    read({ node }) {
      node.configCommand = false
      node.adminCommands = true
    },
  },
  {
    long: 'verbose',
    char: 'v',
    meaning: 'reported by stats settings',
    hidden: true,
    read({ node }) {
      node.verbosity = (node.verbosity ?? 0) + 1
    },
  },
  {
    long: 'version',
    char: 'V',
    meaning: 'print the version of the engine',
    read(plan) {
      plan.versionOnly = true
    },
  },
  {
    long: 'debug-time',
    meaning: "the verb debugtime of memcached's debug build",
    hidden: true,
    read(plan) {
      plan.mayMoveTime = true
    },
  },
  idle('user', 'u', '<user>'),
  idle('lock-memory', 'k'),
  idle('enable-coredumps', 'r'),
  idle('enable-largepages', 'L'),
  idle('napi-ids', 'N', '<number>'),
  refused('enable-sasl', 'S', 'there is no SASL here', 'ElastiCache for Memcached has none either.'),
  refused('memory-file', 'e', 'items do not survive a restart here', 'Start without it.', '<path>'),
]

const LEAST_ITEM = 1024
const LARGEST_ITEM = 1024 * MIB

function itemSize(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([kKmM]?)$/.exec(text) ?? []
  const bytes = Number(number) * (UNITS[unit.toLowerCase()] ?? 1)
  if (number !== '' && bytes >= LEAST_ITEM && bytes <= LARGEST_ITEM) return bytes
  throw new BadArgument(`-I: a size from 1k to 1024m is needed, not '${text}'`)
}

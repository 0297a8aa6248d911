import { NODE_CONNECTIONS } from '../api/catalog/cache-node.ts'
import { isAtLeast } from '../api/catalog/versions.ts'
import type { ServerTls } from '../net/serve/listener.ts'
import type { Places } from '../net/serve/server.ts'
import type { Loss } from './config-entries.ts'
import type { StoreOptions } from './store/options.ts'

/** What a node is started with. Defaults are memcached's, or ElastiCache's where it has a parameter of its own. */
export interface CacheNodeOptions {
  /** What `version` answers, and which verbs exist: N.N.N. */
  engineVersion: string
  /** Bytes of slab pages for items. */
  memoryLimit: number
  /** Serves TLS on every listener. */
  tls?: NodeTls
  /**
   * Asked once for each connection, before anything of it is read and before a TLS handshake; false: it is reset without a
   * byte. Absent: every client may connect.
   */
  admits?: (connection: {
    readonly remoteAddress?: string | undefined
    readonly localPort?: number | undefined
  }) => boolean
  /** Told that a client changed what was announced, and that it is back. */
  restored?: (loss: Loss) => void
  /** max_item_size: bytes of the largest item, its header included. */
  maxItemSize?: number
  /** chunk_size: bytes for key, value and flags in the smallest chunk. */
  chunkSize?: number
  /** chunk_size_growth_factor */
  growthFactor?: number
  /** slab_sizes: bytes of the chunks of each class but the last, in the place of both. */
  slabSizes?: readonly number[]
  /** Bytes of pages counted as taken from the start, for memcached's own test of limits over 4 GB. */
  pagesReckoned?: number
  /** Users that may use the node; without it every client may, as on ElastiCache. Text protocol only. */
  login?: Login
  /** slab_chunk_max: bytes of the largest chunk. */
  slabChunkMax?: number
  /** max_simultaneous_connections */
  maxConnections?: number
  /** What this node's connections share with those of others; without it only its own maximum counts. */
  places?: Places
  /** maxconns_fast: refuse connections over the limit with an error instead of letting them wait. */
  maxConnsFast?: boolean
  /** idle_timeout: seconds without a request after which a connection is closed; 0 is never. */
  idleTimeout?: number
  /** The opposite of error_on_memory_exhausted: evict, rather than refuse to store. */
  evictToFree?: boolean
  /** The opposite of cas_disabled. */
  casEnabled?: boolean
  /** The opposite of disable_flush_all. */
  flushAllEnabled?: boolean
  /** lru_segmented and lru_maintainer: HOT, WARM and COLD lists, kept by a background step. */
  lruSegmented?: boolean
  /** lru_crawler: frees expired items in the background. */
  lruCrawler?: boolean
  /** Whether `stats sizes` works without `stats sizes_enable`. */
  trackSizes?: boolean
  slabReassign?: boolean
  slabAutomove?: number
  hashAlgorithm?: string
  /** hashpower_init: reported, not used; 0 is memcached's own default. */
  hashpowerInit?: number
  /** inline_ascii_resp: reported, not used. */
  inlineAsciiResponse?: boolean
  /** The opposite of expirezero_does_not_evict: with lru_maintainer, whether items that never expire may be evicted. */
  evictUnexpiring?: boolean
  /** Whether clients may `watch`. */
  watchEnabled?: boolean
  /** Whether clients may list keys: `stats cachedump`, `lru_crawler metadump`. */
  dumpEnabled?: boolean
  /** What ends the prefix of a key (one letter) for `stats detail`, which then counts from the start. */
  prefixDelimiter?: string
  verbosity?: number
  /** num_threads: reported, not used; a node is served by one thread. */
  threads?: number
  /** binding_protocol: `ascii` and `binary` take the other protocol away. */
  bindingProtocol?: BindingProtocol
  /**
   * Whether a client that begins in the binary protocol is hung up on, where that is taken away. memcached reads its first
   * request as the beginning of a line, and waits for the end.
   */
  binaryEndsConnection?: boolean
  /** config_max: how many configuration entries a node holds. */
  configMax?: number
  /** config_size_max: bytes of the largest configuration entry. */
  configSizeMax?: number
  /** max-reqs-per-event: requests of one connection served before those of others. */
  requestsPerEvent?: number
  backlog?: number
  /** Seconds up to which an item counts as temporary, once `lru temp_ttl` has enabled their list. */
  temporaryTtl?: number
  /** watcher_logbuf_size: kilobytes. */
  watcherLogbufSize?: number
  /** worker_logbuf_size: kilobytes. */
  workerLogbufSize?: number
  /** Whether the node has ElastiCache's `config` command and statistics; plain memcached has not. */
  configCommand?: boolean
  /** Whether there are `lru_crawler`, `lru` and `slabs`; by default up to engine 1.6.16. */
  adminCommands?: boolean
  /** Whether `stats` knows no topic but `reset`, as on serverless caches. */
  plainStatsOnly?: boolean
  /** Whether `flush_all` takes a delay; serverless caches refuse one. */
  delayedFlushEnabled?: boolean
  /** Bytes of the longest line of get and its kin; longer ones are refused. Without a limit when absent. */
  keysLineLimit?: number
  /** ECPUs a second of a serverless cache (infinite: metered only); absent on nodes, which are not metered. */
  ecpuPerSecond?: number
  /** Commands answered with `ERROR` whatever the engine version, as serverless caches do. */
  refusedCommands?: readonly string[]
  /** What verbs may ask of the process that runs the node; without it they are refused. */
  operator?: Operator
  hotLruPercent?: number
  warmLruPercent?: number
  hotMaxFactor?: number
  warmMaxFactor?: number
  slabAutomoveRatio?: number
  /** Seconds that `slab_automove` looks back. */
  slabAutomoveWindow?: number
  /** lru_crawler_sleep: microseconds. */
  lruCrawlerSleep?: number
  /** lru_crawler_tocrawl: items of a class looked at in one run; 0 is all. */
  lruCrawlerToCrawl?: number
  /** Whether items that live no longer than `temporaryTtl` have a list of their own from the start. */
  tempLru?: boolean
}

/** Users of a node that asks for authentication (memcached's `-Y`): names and passwords, and the file they came from. */
export interface Login {
  readonly file: string
  /** `name password`, as clients send them. */
  readonly users: readonly Buffer[]
}

export type BindingProtocol = 'auto' | 'ascii' | 'binary'

export interface NodeTls extends ServerTls {
  /** What else `stats settings` reports of it. */
  reported?: TlsReport
}

/** Paths of the files the PEM texts came from, and options of memcached's that have no counterpart here. */
export interface TlsReport {
  chainFile?: string
  keyFile?: string
  authorityFile?: string
  verifyMode?: number
  ciphers?: string
  writeBufferBytes?: number
  sessionCache?: boolean
}

/** A node on its own has an operator: memcached's `-A`, `-Z` and debug build. */
export interface Operator {
  /** `shutdown`: ends the process. */
  shutdown?: () => void
  /** `refresh_certs`: reads the certificates again; false when they are unusable. */
  refreshCertificates?: () => boolean
  /** `debugtime`: `p` stops the node's time, `r` lets it go on, a number moves it by so many seconds; false for other words. */
  debugTime?: (word: string) => boolean
}

/** Options with every default filled in; verbs may change a few while the node runs. */
export interface Settings extends StoreOptions {
  readonly engineVersion: string
  readonly login: Login | undefined
  readonly maxConnections: number
  readonly places: Places | undefined
  readonly maxConnsFast: boolean
  readonly idleTimeout: number
  readonly flushAllEnabled: boolean
  readonly delayedFlushEnabled: boolean
  readonly keysLineLimit: number
  readonly ecpuPerSecond: number | undefined
  lruCrawler: boolean
  trackSizes: boolean
  readonly operator: Operator
  lruCrawlerSleep: number
  lruCrawlerToCrawl: number
  readonly lruMaintainer: boolean
  /** Bytes. */
  readonly watcherLogbufSize: number
  /** Bytes. */
  readonly workerLogbufSize: number
  readonly configCommand: boolean
  readonly adminCommands: boolean
  readonly plainStatsOnly: boolean
  readonly hashAlgorithm: string
  readonly hashpowerInit: number
  readonly inlineAsciiResponse: boolean
  watchEnabled: boolean
  readonly dumpEnabled: boolean
  readonly prefixDelimiter: string | undefined
  verbosity: number
  readonly threads: number
  readonly bindingProtocol: BindingProtocol
  readonly binaryEndsConnection: boolean
  readonly configMax: number
  readonly configSizeMax: number
  readonly requestsPerEvent: number
  readonly backlog: number
  readonly tls: boolean
  readonly tlsReport: TlsReport
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly refusedCommands: readonly string[]
}

const DEFAULT_SLAB_CHUNK_MAX = 512 * 1024

/** All settings of a node: those given, and memcached's defaults for the others. */
export function settingsOf(options: CacheNodeOptions): Settings {
  const maxItemSize = options.maxItemSize ?? 1024 * 1024
  return {
    engineVersion: options.engineVersion,
    memoryLimit: options.memoryLimit,
    pagesReckoned: options.pagesReckoned ?? 0,
    maxItemSize,
    chunkSize: options.chunkSize ?? 48,
    growthFactor: options.growthFactor ?? 1.25,
    slabSizes: options.slabSizes,
    slabChunkMax: options.slabChunkMax ?? Math.min(DEFAULT_SLAB_CHUNK_MAX, maxItemSize),
    login: options.login,
    maxConnections: options.maxConnections ?? NODE_CONNECTIONS,
    places: options.places,
    maxConnsFast: options.maxConnsFast ?? true,
    idleTimeout: options.idleTimeout ?? 0,
    evictToFree: options.evictToFree ?? true,
    casEnabled: options.casEnabled ?? true,
    flushAllEnabled: options.flushAllEnabled ?? true,
    delayedFlushEnabled: options.delayedFlushEnabled ?? true,
    keysLineLimit: options.keysLineLimit ?? Number.POSITIVE_INFINITY,
    ecpuPerSecond: options.ecpuPerSecond,
    lruSegmented: options.lruSegmented ?? true,
    lruMaintainer: options.lruSegmented ?? true,
    hotLruPercent: options.hotLruPercent ?? 20,
    warmLruPercent: options.warmLruPercent ?? 40,
    hotMaxFactor: options.hotMaxFactor ?? 0.2,
    warmMaxFactor: options.warmMaxFactor ?? 2,
    tempLru: options.tempLru ?? false,
    temporaryTtl: options.temporaryTtl ?? 61,
    lruCrawler: options.lruCrawler ?? true,
    trackSizes: options.trackSizes ?? false,
    slabReassign: options.slabReassign ?? true,
    slabAutomove: options.slabAutomove ?? 1,
    slabAutomoveRatio: options.slabAutomoveRatio ?? 0.8,
    slabAutomoveWindow: options.slabAutomoveWindow ?? 30,
    operator: options.operator ?? {},
    lruCrawlerSleep: options.lruCrawlerSleep ?? 100,
    lruCrawlerToCrawl: options.lruCrawlerToCrawl ?? 0,
    watcherLogbufSize: (options.watcherLogbufSize ?? 256) * 1024,
    workerLogbufSize: (options.workerLogbufSize ?? 64) * 1024,
    configCommand: options.configCommand ?? true,
    adminCommands: options.adminCommands ?? !isAtLeast(options.engineVersion, '1.6.17'),
    plainStatsOnly: options.plainStatsOnly ?? false,
    hashAlgorithm: options.hashAlgorithm ?? 'murmur3',
    hashpowerInit: options.hashpowerInit ?? 0,
    inlineAsciiResponse: options.inlineAsciiResponse ?? false,
    evictUnexpiring: options.evictUnexpiring ?? true,
    watchEnabled: options.watchEnabled ?? true,
    dumpEnabled: options.dumpEnabled ?? true,
    prefixDelimiter: options.prefixDelimiter,
    verbosity: options.verbosity ?? 0,
    threads: options.threads ?? 4,
    bindingProtocol: options.bindingProtocol ?? 'auto',
    binaryEndsConnection: options.binaryEndsConnection ?? false,
    configMax: options.configMax ?? 16,
    configSizeMax: options.configSizeMax ?? 65_536,
    requestsPerEvent: options.requestsPerEvent ?? 20,
    backlog: options.backlog ?? 1024,
    tls: options.tls !== undefined,
    tlsReport: options.tls?.reported ?? {},
    tlsMinVersion: options.tls?.minVersion ?? 'TLSv1.2',
    refusedCommands: options.refusedCommands ?? [],
  }
}

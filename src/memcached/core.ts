import type { Connection } from '../net/serve/connection.ts'
import type { ListenAddress, UnixAddress } from '../net/serve/listener.ts'
import { Bursts } from './bursts.ts'
import type { Client } from './client.ts'
import { ConfigEntries } from './config-entries.ts'
import { Counters } from './counters.ts'
import { Meter } from './meter.ts'
import type { Opcode } from './opcode.ts'
import type { Settings } from './options.ts'
import { Replies } from './replies.ts'
import { PrefixStats } from './stats/prefixes.ts'
import { ItemStore } from './store/items.ts'
import type { VerbLookup } from './verb.ts'
import { type MetaDialect, metaDialectOf } from './verbs/meta/dialect.ts'
import type { Watchers } from './watchers.ts'

/** The commands of both protocols. */
export interface Commands {
  readonly verbs: VerbLookup
  readonly opcodes: readonly (Opcode | undefined)[]
}

/** What the verbs of one node work on. */
export class CacheCore {
  readonly settings: Settings
  readonly store: ItemStore
  readonly counters = new Counters()
  readonly configs: ConfigEntries
  readonly replies = new Replies()
  readonly verbs: VerbLookup
  readonly opcodes: readonly (Opcode | undefined)[]
  readonly connections = new Set<Connection<Client>>()
  readonly metaDialect: MetaDialect
  readonly versionReply: Buffer
  /** Seconds since 1970 when the node started. */
  readonly startedAt: number
  /** What is counted, and held back, on a serverless cache. */
  readonly meter: Meter | undefined
  readonly bursts: Bursts
  /** The node's second when its certificate was last set. */
  certificateSince: number
  /** Where the node listens. */
  addresses: readonly ListenAddress[] = []
  sockets: readonly UnixAddress[] = []
  /** Where it takes datagrams. */
  udpAddresses: readonly ListenAddress[] = []
  /** Where requests are counted by prefix, while `stats detail` is on. */
  prefixes: PrefixStats | undefined
  /** What has been counted so far. */
  readonly prefixStats: PrefixStats
  /** Whether `stats reset` has been; the listeners are then no longer told among the connections there have been. */
  statsWereReset = false
  /** The CAS unique from which on `stats sizes` counts items. */
  sizesSince = 0
  /** Whose requests are being served. */
  serving: Client | undefined
  /** The clients that `watch`, once there has been one. */
  watchers: Watchers | undefined

  /** @param commands What the node understands: of its version, with its settings. */
  constructor(settings: Settings, now: number, { verbs, opcodes }: Commands) {
    this.settings = settings
    this.store = new ItemStore(settings, now)
    this.bursts = new Bursts(this.store.now)
    this.certificateSince = this.store.now
    this.configs = new ConfigEntries(settings.configMax, settings.configSizeMax)
    this.verbs = verbs
    this.opcodes = opcodes
    this.metaDialect = metaDialectOf(settings.engineVersion)
    this.versionReply = Buffer.from(`VERSION ${settings.engineVersion}\r\n`)
    this.startedAt = now
    this.prefixStats = new PrefixStats(settings.prefixDelimiter)
    this.prefixes = settings.prefixDelimiter === undefined ? undefined : this.prefixStats
    this.meter = settings.ecpuPerSecond === undefined ? undefined : new Meter(settings.ecpuPerSecond, this.store.now)
  }

  get listeners(): number {
    return this.addresses.length + this.sockets.length
  }

  /** The node's own address: the first it listened on. */
  get address(): ListenAddress | undefined {
    return this.addresses[0]
  }
}

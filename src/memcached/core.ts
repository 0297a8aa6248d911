import { ConfigEntries } from './config-entries.ts'
import type { Connection } from './connection.ts'
import { Counters } from './counters.ts'
import type { Settings } from './options.ts'
import { Replies } from './replies.ts'
import { ItemStore } from './store/items.ts'
import { lookupOf, type VerbLookup } from './verbs.ts'

/** What the verbs of one node work on. */
export class CacheCore {
  readonly settings: Settings
  readonly store: ItemStore
  readonly counters = new Counters()
  readonly configs: ConfigEntries
  readonly replies = new Replies()
  readonly verbs: VerbLookup
  readonly connections = new Set<Connection>()
  readonly versionReply: Buffer
  /** Seconds since 1970 when the node started. */
  readonly startedAt: number
  /** Open listeners, for `stats`. */
  listeners = 0

  constructor(settings: Settings, now: number) {
    this.settings = settings
    this.store = new ItemStore(settings, now)
    this.configs = new ConfigEntries(settings.configMax, settings.configSizeMax)
    this.verbs = lookupOf(settings)
    this.versionReply = Buffer.from(`VERSION ${settings.engineVersion}\r\n`)
    this.startedAt = now
  }
}

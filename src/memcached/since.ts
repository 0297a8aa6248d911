import { isAtLeast } from '../api/catalog/versions.ts'

/**
 * What memcached's versions differ in that clients see, and the first version that has it. Of those ElastiCache has served
 * (1.4.5 to 1.6.22) each was built and asked; for the versions between them the source tells. What is not here is as old as
 * 1.4.5, or no different.
 */
export const SINCE = {
  touch: '1.4.8',
  slabs: '1.4.11',
  shutdown: '1.4.16',
  lru_crawler: '1.4.18',
  watch: '1.4.26',
  cache_memlimit: '1.4.27',
  lru: '1.4.35',
  gat: '1.5.3',
  refresh_certs: '1.5.13',
  /** ElastiCache's own (guide, "Auto Discovery"). */
  config: '1.4.14',
  'stats conns': '1.4.18',
  /** Before it `stats sizes` counts at any time; from then on only what was stored since it was told to. */
  'stats sizes_enable': '1.4.27',
  'stats extstore': '1.5.4',
  'lru_crawler metadump': '1.4.31',
  'slabs automove ratio': '1.4.38',
  /** Words that `version` and `shutdown` pass over, and a `gat` without a key that finds nothing; before, all are errors. */
  'words too many or too few': '1.6.3',
  /** What is no number after `flush_all` and `verbosity` is refused; before, it counts as 0. */
  'numbers checked': '1.6.7',
  /** `mg`, `ms`, `md`, `ma`, `mn`, `me`. */
  meta: '1.6.0',
  /** `ms <key> <bytes>` for `ms <key> S<bytes>`, `HD` for `OK`, keys in base64 (`b`), the CAS unique that `ms` returns (`c`). */
  'meta: ms with a length': '1.6.10',
  'meta: flags P and L': '1.6.14',
  /** `mg` without flags, `k` and `O` echoed by its miss, no space behind codes that nothing follows. */
  'meta: mg without flags': '1.6.18',
} as const satisfies Readonly<Record<string, string>>

/** First versions of lines of statistics: by topic, and by name without its slab class or connection. */
const LINES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '': {
    '1.4.6': ['libevent'],
    '1.4.8': [
      'rejected_connections',
      'reserved_fds',
      'cmd_touch',
      'touch_hits',
      'touch_misses',
      'hash_power_level',
      'hash_bytes',
      'hash_is_expanding',
      'expired_unfetched',
      'evicted_unfetched',
    ],
    '1.4.11': ['slab_reassign_running', 'slabs_moved'],
    '1.4.16': ['malloc_fails'],
    '1.4.18': ['lru_crawler_running', 'crawler_reclaimed'],
    '1.4.21': ['lrutail_reflocked'],
    '1.4.23': [
      'lru_crawler_starts',
      'lru_maintainer_juggles',
      'crawler_items_checked',
      'moves_to_cold',
      'moves_to_warm',
      'moves_within_lru',
      'direct_reclaims',
    ],
    '1.4.25': [
      'time_in_listen_disabled_us',
      'slab_reassign_rescues',
      'slab_reassign_evictions_nomem',
      'slab_reassign_inline_reclaim',
      'slab_reassign_busy_items',
      'slab_global_page_pool',
    ],
    '1.4.26': ['get_expired', 'log_worker_dropped', 'log_worker_written', 'log_watcher_skipped', 'log_watcher_sent'],
    '1.4.27': ['idle_kicks'],
    '1.4.28': ['get_flushed'],
    '1.4.29': ['slab_reassign_chunk_rescues'],
    '1.4.34': ['evicted_active'],
    '1.4.35': ['lru_bumps_dropped'],
    '1.4.38': ['slab_reassign_busy_deletes'],
    '1.5.1': ['max_connections'],
    '1.5.13': ['time_since_server_cert_refresh'],
    '1.5.19': ['cmd_meta'],
    '1.6.0': ['response_obj_oom', 'response_obj_bytes', 'read_buf_bytes', 'read_buf_bytes_free', 'read_buf_oom'],
    '1.6.1': ['ssl_handshake_errors'],
    '1.6.7': ['response_obj_count', 'read_buf_count'],
    '1.6.9': ['unexpected_napi_ids', 'round_robin_fallback'],
    '1.6.11': ['log_watchers'],
    '1.6.13': ['store_too_large', 'store_no_memory'],
  },
  settings: {
    '1.4.6': ['num_threads_per_udp'],
    '1.4.8': ['maxconns_fast', 'hashpower_init'],
    '1.4.11': ['slab_reassign', 'slab_automove'],
    '1.4.16': ['tail_repair_time'],
    '1.4.17': ['flush_enabled'],
    '1.4.18': ['lru_crawler', 'lru_crawler_sleep', 'lru_crawler_tocrawl', 'hash_algorithm'],
    '1.4.23': ['lru_maintainer_thread', 'hot_lru_pct', 'warm_lru_pct'],
    '1.4.27': ['idle_timeout', 'watcher_logbuf_size', 'worker_logbuf_size', 'track_sizes'],
    '1.4.29': ['slab_chunk_max'],
    '1.4.34': ['dump_enabled'],
    '1.4.35': ['lru_segmented', 'warm_max_factor', 'temp_lru', 'temporary_ttl', 'inline_ascii_response'],
    '1.4.38': ['slab_automove_ratio', 'slab_automove_window', 'hot_max_factor'],
    '1.5.13': [
      'ssl_enabled',
      'ssl_chain_cert',
      'ssl_key',
      'ssl_verify_mode',
      'ssl_keyformat',
      'ssl_ciphers',
      'ssl_ca_cert',
      'ssl_wbuf_size',
    ],
    '1.5.15': ['auth_enabled_ascii'],
    '1.6.0': ['read_buf_mem_limit'],
    '1.6.3': ['ssl_session_cache'],
    '1.6.10': ['shutdown_command'],
    '1.6.11': ['ssl_min_version'],
    '1.6.16': ['ssl_kernel_tls'],
  },
  items: {
    '1.4.8': ['expired_unfetched', 'evicted_unfetched'],
    '1.4.18': ['crawler_reclaimed'],
    '1.4.21': ['lrutail_reflocked'],
    '1.4.23': [
      'number_hot',
      'number_warm',
      'number_cold',
      'crawler_items_checked',
      'moves_to_cold',
      'moves_to_warm',
      'moves_within_lru',
      'direct_reclaims',
    ],
    '1.4.34': ['evicted_active'],
    '1.4.35': ['number_temp', 'age_hot', 'age_warm'],
    '1.4.37': ['hits_to_hot', 'hits_to_warm', 'hits_to_cold', 'hits_to_temp'],
    '1.5.17': ['mem_requested'],
  },
  slabs: { '1.4.8': ['touch_hits'] },
  conns: { '1.5.17': ['listen_addr'] },
}

const LINES_SINCE: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(LINES).map(([topic, versions]) => [
    topic,
    new Map(Object.entries(versions).flatMap(([version, names]) => names.map((name) => [name, version] as const))),
  ]),
)

/** Whether an engine of this version has what came to be with `name`. */
export const has = (engineVersion: string, name: keyof typeof SINCE): boolean => isAtLeast(engineVersion, SINCE[name])

/** Whether `stats <topic>` of this version has a line: `curr_items`, `items:3:number`. */
export function hasLine(engineVersion: string, topic: string, line: string): boolean {
  const since = LINES_SINCE.get(topic)?.get(line.slice(line.lastIndexOf(':') + 1))
  return since === undefined || isAtLeast(engineVersion, since)
}

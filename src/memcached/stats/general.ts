import { wordAt } from '../../net/bytes.ts'
import type { CacheCore } from '../core.ts'
import { sum } from '../counters.ts'
import { POOL } from '../store/slabs.ts'
import type { StatLine } from './lines.ts'

// `stats`, in memcached 1.6.18's order, with ElastiCache's own lines where a real node of it has them. What a single
// thread in a JavaScript process does not have (reply objects, read buffers, log workers) is reported as idle.

type Line = (core: CacheCore) => StatLine | undefined
type Count = (core: CacheCore) => number

const ZERO = () => 0
const stat =
  (name: string, value: (core: CacheCore) => string | number): Line =>
  (core) => [name, value(core)]
const zeros = (...names: string[]): Line[] => names.map((name) => stat(name, ZERO))
const when = (condition: (core: CacheCore) => boolean, ...lines: Line[]): Line[] =>
  lines.map((line) => (core) => (condition(core) ? line(core) : undefined))

const configured = ({ settings }: CacheCore): boolean => settings.configCommand
const reassigns = ({ settings }: CacheCore): boolean => settings.slabReassign
const crawls = ({ settings }: CacheCore): boolean => settings.lruCrawler
const segmented = ({ settings }: CacheCore): boolean => settings.lruSegmented

const lists =
  (name: 'evicted' | 'reclaimed' | 'expiredUnfetched' | 'evictedUnfetched' | 'evictedActive'): Count =>
  (core) =>
    sum(core.store.listCounters[name])

const LINES: readonly Line[] = [
  stat('pid', () => process.pid),
  stat('uptime', ({ store, startedAt }) => store.unixTime(store.now) - startedAt),
  stat('time', ({ store }) => store.unixTime(store.now)),
  stat('version', ({ settings }) => settings.engineVersion),
  stat('libevent', () => '2.1.12-stable'),
  stat('pointer_size', () => 64),
  stat('rusage_user', () => seconds(process.cpuUsage().user)),
  stat('rusage_system', () => seconds(process.cpuUsage().system)),
  stat('max_connections', ({ settings }) => settings.maxConnections),
  stat('curr_connections', ({ connections }) => connections.size),
  // memcached counts its listeners among these.
  stat('total_connections', (core) => core.counters.totalConnections + (core.statsWereReset ? 0 : core.listeners)),
  ...when(
    ({ settings }) => settings.maxConnsFast,
    stat('rejected_connections', ({ counters }) => counters.rejectedConnections),
  ),
  stat('connection_structures', ({ connections, listeners }) => connections.size + listeners),
  ...zeros('response_obj_oom', 'response_obj_count', 'response_obj_bytes', 'read_buf_count', 'read_buf_bytes'),
  ...zeros('read_buf_bytes_free', 'read_buf_oom', 'reserved_fds'),
  stat('cmd_get', ({ counters }) => counters.cmdGet),
  stat('cmd_set', ({ counters }) => sum(counters.cmdSet)),
  stat('cmd_flush', ({ counters }) => counters.cmdFlush),
  stat('cmd_touch', ({ counters }) => counters.cmdTouch),
  ...when(
    configured,
    stat('cmd_config_get', ({ counters }) => counters.cmdConfigGet),
    stat('cmd_config_set', ({ counters }) => counters.cmdConfigSet),
  ),
  stat('cmd_meta', ({ counters }) => counters.cmdMeta),
  stat('get_hits', ({ store }) => sum(store.listCounters.hits)),
  stat('get_misses', ({ counters }) => counters.getMisses),
  stat('get_expired', ({ store }) => store.getExpired),
  stat('get_flushed', ({ store }) => store.getFlushed),
  stat('delete_misses', ({ counters }) => counters.deleteMisses),
  stat('delete_hits', ({ counters }) => sum(counters.deleteHits)),
  stat('incr_misses', ({ counters }) => counters.incrMisses),
  stat('incr_hits', ({ counters }) => sum(counters.incrHits)),
  stat('decr_misses', ({ counters }) => counters.decrMisses),
  stat('decr_hits', ({ counters }) => sum(counters.decrHits)),
  stat('cas_misses', ({ counters }) => counters.casMisses),
  stat('cas_hits', ({ counters }) => sum(counters.casHits)),
  stat('cas_badval', ({ counters }) => sum(counters.casBadval)),
  stat('touch_hits', ({ counters }) => sum(counters.touchHits)),
  stat('touch_misses', ({ counters }) => counters.touchMisses),
  stat('store_too_large', ({ counters }) => counters.storeTooLarge),
  stat('store_no_memory', ({ counters }) => counters.storeNoMemory),
  stat('auth_cmds', ({ counters }) => counters.authCommands),
  stat('auth_errors', ({ counters }) => counters.authErrors),
  ...when(
    ({ settings }) => settings.idleTimeout > 0,
    stat('idle_kicks', ({ counters }) => counters.idleKicks),
  ),
  stat('bytes_read', ({ counters }) => counters.bytesRead),
  stat('bytes_written', ({ replies }) => replies.written),
  stat('limit_maxbytes', ({ store }) => store.slabs.memoryLimit),
  stat('accepting_conns', ({ settings, connections }) =>
    settings.maxConnsFast || connections.size < settings.maxConnections ? 1 : 0,
  ),
  stat('listen_disabled_num', ({ counters }) => counters.acceptingPaused),
  ...zeros('time_in_listen_disabled_us'),
  stat('threads', ({ settings }) => settings.threads),
  stat('conn_yields', ({ counters }) => counters.connectionYields),
  stat('hash_power_level', ({ store }) => store.table.power),
  stat('hash_bytes', ({ store }) => 8 * 2 ** store.table.power),
  stat('hash_is_expanding', ({ store }) => (store.table.growing ? 1 : 0)),
  ...when(
    configured,
    stat('curr_config', ({ configs }) => configs.count),
  ),
  ...when(
    reassigns,
    stat('slab_reassign_rescues', ({ store }) => store.mover.rescues),
    stat('slab_reassign_chunk_rescues', ({ store }) => store.mover.chunkRescues),
    stat('slab_reassign_evictions_nomem', ({ store }) => store.mover.evictions),
    stat('slab_reassign_inline_reclaim', ({ store }) => store.mover.inlineReclaims),
    stat('slab_reassign_busy_items', ({ store }) => store.mover.busyItems),
    // memcached's are items that other threads hold for long; here nothing holds a stored item.
    ...zeros('slab_reassign_busy_deletes'),
    stat('slab_reassign_running', ({ store }) => (store.mover.running ? 1 : 0)),
    stat('slabs_moved', ({ store }) => store.mover.moved),
  ),
  ...when(
    crawls,
    ...zeros('lru_crawler_running'),
    stat('lru_crawler_starts', ({ counters }) => counters.crawlerStarts),
  ),
  ...when(
    segmented,
    stat('lru_maintainer_juggles', ({ counters }) => counters.juggles),
  ),
  ...zeros('malloc_fails', 'log_worker_dropped', 'log_worker_written'),
  stat('log_watcher_skipped', ({ watchers }) => watchers?.skipped ?? 0),
  stat('log_watcher_sent', ({ watchers }) => watchers?.sent ?? 0),
  stat('log_watchers', ({ watchers }) => watchers?.size ?? 0),
  ...when(
    ({ settings }) => settings.tls,
    stat('ssl_handshake_errors', ({ counters }) => counters.handshakeErrors),
    stat('time_since_server_cert_refresh', ({ store, certificateSince }) => store.now - certificateSince),
  ),
  ...zeros('unexpected_napi_ids', 'round_robin_fallback'),
  stat('bytes', ({ store }) => store.bytes),
  stat('curr_items', ({ store }) => store.items),
  stat('total_items', ({ store }) => store.totalItems),
  stat('slab_global_page_pool', ({ store }) => wordAt(store.slabs.pagesOf, POOL)),
  stat('expired_unfetched', lists('expiredUnfetched')),
  stat('evicted_unfetched', lists('evictedUnfetched')),
  ...when(segmented, stat('evicted_active', lists('evictedActive'))),
  stat('evictions', lists('evicted')),
  stat('reclaimed', lists('reclaimed')),
  stat('crawler_reclaimed', ({ store }) => sum(store.listCounters.crawlerReclaimed)),
  stat('crawler_items_checked', ({ store }) => sum(store.listCounters.crawlerItemsChecked)),
  ...zeros('lrutail_reflocked'),
  ...when(
    segmented,
    stat('moves_to_cold', ({ store }) => sum(store.listCounters.movesToCold)),
    stat('moves_to_warm', ({ store }) => sum(store.listCounters.movesToWarm)),
    stat('moves_within_lru', ({ store }) => sum(store.listCounters.movesWithinLru)),
    stat('direct_reclaims', ({ store }) => sum(store.listCounters.directReclaims)),
    ...zeros('lru_bumps_dropped'),
  ),
  // Names of our own: what AWS's serverless caches call these in `stats`, if they do, is not known.
  (core) => core.meter && ['ecpus', core.meter.consumed.toFixed(3)],
  (core) => core.meter && ['throttled_cmds', core.meter.throttled],
]

export function generalStats(core: CacheCore): StatLine[] {
  return LINES.map((line) => line(core)).filter((line) => line !== undefined)
}

// prometheus' memcached_exporter parses exactly six digits.
function seconds(microseconds: number): string {
  return (microseconds / 1e6).toFixed(6)
}

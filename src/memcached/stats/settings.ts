import type { CacheCore } from '../core.ts'
import type { Settings } from '../options.ts'
import { type StatLine, yesNo } from './lines.ts'

/** `stats settings`, in memcached 1.6.18's order; what an embedded node has no use for stands at its default. */
export function settingsStats({
  settings,
  store,
  address,
  sockets: [socket],
  udpAddresses,
  prefixes,
}: CacheCore): StatLine[] {
  return [
    ['maxbytes', store.slabs.memoryLimit],
    ['maxconns', settings.maxConnections],
    ['tcpport', address?.port ?? 0],
    ['udpport', udpAddresses[0]?.port ?? 0],
    ['inter', address?.host ?? 'NULL'],
    ['verbosity', settings.verbosity],
    ['oldest', store.oldestLive],
    ['evictions', settings.evictToFree ? 'on' : 'off'],
    ['domain_socket', socket?.path ?? 'NULL'],
    ['umask', socket ? socket.mode.toString(8) : 700],
    ['shutdown_command', yesNo(settings.operator.shutdown !== undefined)],
    ['growth_factor', settings.growthFactor.toFixed(2)],
    ['chunk_size', settings.chunkSize],
    ['num_threads', settings.threads],
    ['num_threads_per_udp', settings.threads],
    ['stat_key_prefix', settings.prefixDelimiter ?? ':'],
    ['detail_enabled', yesNo(prefixes !== undefined)],
    ['reqs_per_event', settings.requestsPerEvent],
    ['cas_enabled', yesNo(settings.casEnabled)],
    ['tcp_backlog', settings.backlog],
    ['binding_protocol', settings.bindingProtocol === 'auto' ? 'auto-negotiate' : settings.bindingProtocol],
    ['auth_enabled_sasl', 'no'],
    ['auth_enabled_ascii', settings.login?.file ?? 'no'],
    ['item_size_max', settings.maxItemSize],
    ['maxconns_fast', yesNo(settings.maxConnsFast)],
    ['hashpower_init', settings.hashpowerInit],
    ['slab_reassign', yesNo(settings.slabReassign)],
    ['slab_automove', settings.slabAutomove],
    ['slab_automove_ratio', settings.slabAutomoveRatio.toFixed(2)],
    ['slab_automove_window', settings.slabAutomoveWindow],
    ['slab_chunk_max', settings.slabChunkMax],
    ['lru_crawler', yesNo(settings.lruCrawler)],
    ['lru_crawler_sleep', settings.lruCrawlerSleep],
    ['lru_crawler_tocrawl', settings.lruCrawlerToCrawl],
    ['tail_repair_time', 0],
    ['flush_enabled', yesNo(settings.flushAllEnabled)],
    ['dump_enabled', yesNo(settings.dumpEnabled)],
    ['hash_algorithm', settings.hashAlgorithm],
    ['lru_maintainer_thread', yesNo(settings.lruMaintainer)],
    ['lru_segmented', yesNo(settings.lruSegmented)],
    ['hot_lru_pct', settings.hotLruPercent],
    ['warm_lru_pct', settings.warmLruPercent],
    ['hot_max_factor', settings.hotMaxFactor.toFixed(2)],
    ['warm_max_factor', settings.warmMaxFactor.toFixed(2)],
    ['temp_lru', yesNo(settings.tempLru)],
    ['temporary_ttl', settings.temporaryTtl],
    ['idle_timeout', settings.idleTimeout],
    ['watcher_logbuf_size', settings.watcherLogbufSize],
    ['worker_logbuf_size', settings.workerLogbufSize],
    ['read_buf_mem_limit', 0],
    ['track_sizes', yesNo(settings.trackSizes)],
    ['inline_ascii_response', yesNo(settings.inlineAsciiResponse)],
    ['ssl_enabled', yesNo(settings.tls)],
    ...(settings.tls ? tlsStats(settings) : []),
    ['ssl_min_version', settings.tlsMinVersion.toLowerCase()],
  ]
}

const PEM_FORMAT = 1
const WRITE_BUFFER = 16 * 1024

function tlsStats({ tlsReport: report }: Settings): StatLine[] {
  return [
    ['ssl_chain_cert', report.chainFile ?? 'NULL'],
    ['ssl_key', report.keyFile ?? 'NULL'],
    ['ssl_verify_mode', report.verifyMode ?? 0],
    ['ssl_keyformat', PEM_FORMAT],
    ['ssl_ciphers', report.ciphers ?? 'NULL'],
    ['ssl_ca_cert', report.authorityFile ?? 'NULL'],
    ['ssl_wbuf_size', report.writeBufferBytes ?? WRITE_BUFFER],
    ['ssl_session_cache', yesNo(report.sessionCache ?? false)],
    ['ssl_kernel_tls', 'no'],
  ]
}

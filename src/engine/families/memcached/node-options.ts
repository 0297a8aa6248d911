import { isAtLeast } from '../../../api/catalog/versions.ts'
import type { MemcachedOptions } from '../../nodes/memcached/options.ts'
import { effectiveValue, existsIn } from '../parameter.ts'
import { PARAMETERS, type ParameterName, type ParameterValues } from './parameters.ts'

/** First version whose items may be split over chunks. */
const CHUNKED_SINCE = '1.4.33'
/** The only version with inline_ascii_resp (guide, "Memcached 1.5.10 parameter changes"). */
const INLINE_RESPONSES_IN = '1.5.10'

/**
 * Options of a node that runs with these values. The aliases: `modern` (1.4.33 to 1.4.34) turns its switches on, and no_modern=0
 * (from 1.5.10) those that it names, whatever they are set to; slab_automove and hash_algorithm are no switches, and a value the
 * group gives them wins. With no_modern=1 every parameter is what the group says it is (memcached: `-o no_modern` swaps the
 * defaults, what is given besides is turned on piecemeal).
 */
export function optionsOf(values: ParameterValues, version: string): MemcachedOptions {
  const text = (name: ParameterName) => effectiveValue(PARAMETERS, values, name, version)
  const number = (name: ParameterName) => Number(text(name))
  const isOn = (name: ParameterName) => text(name) === '1'

  const modern = existsIn(PARAMETERS.modern, version) && isOn('modern')
  const switchesOn = modern || (existsIn(PARAMETERS.no_modern, version) && !isOn('no_modern'))
  const maxItemSize = number('max_item_size')
  return {
    backlog: number('backlog_queue_limit'),
    bindingProtocol: text('binding_protocol') === 'ascii' ? 'ascii' : 'auto',
    casEnabled: !isOn('cas_disabled'),
    chunkSize: number('chunk_size'),
    growthFactor: number('chunk_size_growth_factor'),
    configMax: number('config_max'),
    configSizeMax: number('config_size_max'),
    flushAllEnabled: !isOn('disable_flush_all'),
    evictToFree: !isOn('error_on_memory_exhausted'),
    evictUnexpiring: !(isOn('expirezero_does_not_evict') && (switchesOn || isOn('lru_maintainer'))),
    hashAlgorithm: values.hash_algorithm || !modern ? text('hash_algorithm') : 'murmur3',
    hashpowerInit: number('hashpower_init'),
    idleTimeout: number('idle_timeout'),
    // no_modern=0 disables it.
    inlineAsciiResponse: version === INLINE_RESPONSES_IN && !switchesOn && isOn('inline_ascii_resp'),
    lruCrawler: modern || isOn('lru_crawler'),
    lruSegmented: switchesOn || isOn('lru_maintainer'),
    maxItemSize,
    slabChunkMax: isAtLeast(version, CHUNKED_SINCE)
      ? number('slab_chunk_max')
      : Math.min(number('slab_chunk_max'), maxItemSize),
    maxConnections: number('max_simultaneous_connections'),
    maxConnsFast: switchesOn || isOn('maxconns_fast'),
    requestsPerEvent: number('requests_per_event'),
    slabAutomove: values.slab_automove || !modern ? number('slab_automove') : 1,
    slabReassign: switchesOn || isOn('slab_reassign'),
    trackSizes: isOn('track_sizes'),
    watchEnabled: isOn('watch'),
    watcherLogbufSize: number('watcher_logbuf_size'),
    workerLogbufSize: number('worker_logbuf_size'),
  }
}

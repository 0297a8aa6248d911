/** How a real memcached is started, by what a node is to be. Pure. */
import { NODE_CONNECTIONS } from '../../../api/catalog/cache-node.ts'
import type { NodeSpec } from '../runtime.ts'

type Spec = NodeSpec<'memcached-process'>

const MIB = 2 ** 20
const DEFAULT_SLAB_CHUNK_MAX = 512 * 1024

/** What the machine decides. */
export interface Surroundings {
  /** Open files a process may have. */
  readonly fileLimit: number
  /** memcached refuses to run as root unless it is told the name. */
  readonly rootName: string | undefined
}

/** Descriptors of memcached itself: threads, events, the log. */
const OWN_FILES = 64

/**
 * Connections a node takes: what the group says, or what the system lets a process have. (memcached does not start when it is
 * promised more.)
 */
export const connectionLimit = ({ options }: Spec, { fileLimit }: Surroundings): number =>
  Math.min(options.maxConnections ?? NODE_CONNECTIONS, fileLimit - OWN_FILES)

/**
 * The command line of 1.6. What of the parameter group it has no word for: config_max and config_size_max, which the engine
 * goes by; inline_ascii_resp, of 1.5.10 only; watch, which changes while a node runs and which the engine therefore enforces
 * itself; worker_logbuf_size, which 1.6.18 takes for slab_sizes as well (there is no `break` in between).
 */
export function memcachedArguments(spec: Spec, place: readonly string[], surroundings: Surroundings): string[] {
  const { options } = spec
  const { rootName } = surroundings
  return [
    ...(rootName === undefined ? [] : ['-u', rootName]),
    ...place,
    ...['-U', '0', '-v'],
    ...['-m', String(Math.max(1, Math.floor(spec.memoryLimit / MIB)))],
    ...['-t', String(spec.threads)],
    ...['-c', String(connectionLimit(spec, surroundings))],
    ...(options.maxItemSize ? ['-I', String(options.maxItemSize)] : []),
    ...(options.chunkSize ? ['-n', String(options.chunkSize)] : []),
    ...(options.growthFactor ? ['-f', String(options.growthFactor)] : []),
    ...(options.backlog ? ['-b', String(options.backlog)] : []),
    ...(options.requestsPerEvent ? ['-R', String(options.requestsPerEvent)] : []),
    ...(options.bindingProtocol === 'ascii' ? ['-B', 'ascii'] : []),
    ...(options.evictToFree === false ? ['-M'] : []),
    ...(options.casEnabled === false ? ['-C'] : []),
    ...(options.flushAllEnabled === false ? ['-F'] : []),
    ...extended(spec).flatMap((word) => ['-o', word]),
  ]
}

function extended({ options }: Spec): string[] {
  const { slabChunkMax = DEFAULT_SLAB_CHUNK_MAX, hashAlgorithm, hashpowerInit, slabAutomove } = options
  const words: (string | false | undefined)[] = [
    options.maxConnsFast === false ? 'no_maxconns_fast' : 'maxconns_fast',
    options.lruCrawler === false && 'no_lru_crawler',
    options.lruSegmented === false && 'no_lru_maintainer',
    options.slabReassign === false && 'no_slab_reassign',
    slabAutomove !== undefined && `slab_automove=${slabAutomove}`,
    // Given only where it is not memcached's own: it checks it against -I.
    slabChunkMax !== DEFAULT_SLAB_CHUNK_MAX && `slab_chunk_max=${Math.floor(slabChunkMax / 1024)}`,
    hashAlgorithm !== undefined && `hash_algorithm=${hashAlgorithm}`,
    hashpowerInit !== undefined && hashpowerInit > 0 && `hashpower=${hashpowerInit}`,
    options.idleTimeout !== undefined && options.idleTimeout > 0 && `idle_timeout=${options.idleTimeout}`,
    options.watcherLogbufSize !== undefined && `watcher_logbuf_size=${options.watcherLogbufSize}`,
    options.trackSizes === true && 'track_sizes',
    // Gone since 1.6: memcached says so, and the node's parameters count as incompatible.
    options.evictUnexpiring === false && 'expirezero_does_not_evict',
  ]
  return words.filter((word) => typeof word === 'string')
}

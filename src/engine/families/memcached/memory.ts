/** What values of parameters mean to the memory of a node: how much there is for items, and whether a node can start with them. Pure. */
import type { NodeType } from '../../../api/catalog/node-types.ts'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import { effectiveValue } from '../parameter.ts'
import { PARAMETERS, type ParameterValues } from './parameters.ts'

const MIB = 1024 * 1024
/** Bytes of memcached's slab pages. */
const SLAB_PAGE = MIB
/** First version whose parameters must agree with each other (guide, "Upgrading engine versions"). */
const CHECKED_SINCE = '1.4.33'

/** On cache.t1.micro the default groups keep 13 MB for connections rather than 100 (guide, "Memcached connection overhead"). */
export const defaultValues = ({ name }: NodeType): ParameterValues =>
  name === 'cache.t1.micro' ? { memcached_connections_overhead: '13' } : {}

/** Bytes that a node of this type has for items. Not more than nothing when the overhead is all there is. */
export function memoryForItems(values: ParameterValues, version: string, { maxCacheMemory }: NodeType): number {
  const overhead = Number(effectiveValue(PARAMETERS, values, 'memcached_connections_overhead', version))
  return Math.max(0, maxCacheMemory - overhead) * MIB
}

/**
 * Why a node cannot start with these values, in words; undefined when it can. From 1.4.33 on the three rules of the guide
 * ("Upgrading engine versions"); that chunks fill a slab page evenly, and that items have at least a page, is memcached's own.
 */
export function incompatibility(values: ParameterValues, version: string, type: NodeType): string | undefined {
  const memory = memoryForItems(values, version, type)
  const maxItemSize = Number(effectiveValue(PARAMETERS, values, 'max_item_size', version))
  const slabChunkMax = Number(effectiveValue(PARAMETERS, values, 'slab_chunk_max', version))
  if (memory < SLAB_PAGE) {
    return `memcached_connections_overhead leaves no memory for items of the ${type.maxCacheMemory} MB of ${type.name}.`
  }
  if (!isAtLeast(version, CHECKED_SINCE)) {
    return maxItemSize > memory / 2
      ? `max_item_size ${maxItemSize} is larger than half of the ${memory} bytes that ${type.name} has for items.`
      : undefined
  }
  if (slabChunkMax > maxItemSize) {
    return `slab_chunk_max ${slabChunkMax} is larger than max_item_size ${maxItemSize}.`
  }
  if (maxItemSize % slabChunkMax !== 0) {
    return `max_item_size ${maxItemSize} is not a multiple of slab_chunk_max ${slabChunkMax}.`
  }
  if (maxItemSize > memory / 4) {
    return `max_item_size ${maxItemSize} is larger than a quarter of the ${memory} bytes that ${type.name} has for items (max_cache_memory - memcached_connections_overhead).`
  }
  if (SLAB_PAGE % slabChunkMax !== 0) {
    return `slab_chunk_max ${slabChunkMax} does not divide a slab page of ${SLAB_PAGE} bytes evenly.`
  }
  return undefined
}

/** What values of parameters mean: which are allowed, which an engine version knows, which wait for a reboot. Pure. */

import type { NodeType } from '../../api/catalog/node-types.ts'
import { isAtLeast } from '../../api/catalog/versions.ts'
import {
  existsIn,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  type ParameterValues,
} from '../catalog/parameters.ts'

const MIB = 1024 * 1024
/** Bytes of memcached's slab pages. */
const SLAB_PAGE = MIB
/** First version whose parameters must agree with each other (guide, "Upgrading engine versions"). */
const CHECKED_SINCE = '1.4.33'

/** The value in the form it is stored in; undefined when the parameter does not allow it. */
export function readValue(name: ParameterName, text: string): string | undefined {
  const { type, allowed } = PARAMETERS[name]
  const choices = allowed.split(',')
  if (choices.length > 1) return choices.includes(text) ? text : undefined
  const form = type === 'float' ? /^\d{1,15}(\.\d{1,15})?$/ : /^\d{1,15}$/
  if (!form.test(text)) return undefined
  const [least, most] = allowed.split('-').map(Number) as [number, number]
  const number = Number(text)
  return number >= least && number <= most ? String(number) : undefined
}

/** What an engine of this version goes by: the value given, or the default. */
export const effectiveValue = (values: ParameterValues, name: ParameterName, version: string): string =>
  (existsIn(name, version) ? values[name] : undefined) ?? PARAMETERS[name].default

/** Whether a node that started with one set of values has to be rebooted to go by the other. */
export const needsReboot = (started: ParameterValues, wanted: ParameterValues, version: string): boolean =>
  PARAMETER_NAMES.some(
    (name) =>
      PARAMETERS[name].change !== 'immediate' &&
      existsIn(name, version) &&
      effectiveValue(started, name, version) !== effectiveValue(wanted, name, version),
  )

/** What a node goes by: immediate parameters are those of today, the others those it started with. */
export function valuesInForce(started: ParameterValues, wanted: ParameterValues): ParameterValues {
  const entries = PARAMETER_NAMES.map(
    (name) => [name, (PARAMETERS[name].change === 'immediate' ? wanted : started)[name]] as const,
  )
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** On cache.t1.micro the default groups keep 13 MB for connections rather than 100 (guide, "Memcached connection overhead"). */
export const valuesOfDefaultGroup = ({ name }: NodeType): ParameterValues =>
  name === 'cache.t1.micro' ? { memcached_connections_overhead: '13' } : {}

/** Bytes that a node of this type has for items. Not more than nothing when the overhead is all there is. */
export function memoryForItems(values: ParameterValues, version: string, { maxCacheMemory }: NodeType): number {
  const overhead = Number(effectiveValue(values, 'memcached_connections_overhead', version))
  return Math.max(0, maxCacheMemory - overhead) * MIB
}

/**
 * Why a node cannot start with these values, in words; undefined when it can. From 1.4.33 on the three rules of the guide
 * ("Upgrading engine versions"); that chunks fill a slab page evenly, and that items have at least a page, is memcached's own.
 */
export function incompatibility(values: ParameterValues, version: string, type: NodeType): string | undefined {
  const memory = memoryForItems(values, version, type)
  const [maxItemSize, slabChunkMax] = (['max_item_size', 'slab_chunk_max'] as const).map((name) =>
    Number(effectiveValue(values, name, version)),
  ) as [number, number]
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

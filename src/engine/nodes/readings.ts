/**
 * What is read of a running node, whatever runs it: numbers of its `stats`, and of its host. Read of thousands of nodes every
 * minute, and therefore one array a node rather than an object of names.
 */

const READINGS = [
  // Tells one run of a node from the next: what was counted before belongs to another.
  'run',
  // `stats` of memcached.
  'bytes',
  'bytes_read',
  'bytes_written',
  'cas_badval',
  'cas_hits',
  'cas_misses',
  'cmd_config_get',
  'cmd_config_set',
  'cmd_flush',
  'cmd_get',
  'cmd_set',
  'cmd_touch',
  'curr_config',
  'curr_connections',
  'curr_items',
  'decr_hits',
  'decr_misses',
  'delete_hits',
  'delete_misses',
  'evicted_unfetched',
  'evictions',
  'expired_unfetched',
  'get_hits',
  'get_misses',
  'hash_bytes',
  'incr_hits',
  'incr_misses',
  'limit_maxbytes',
  'reclaimed',
  'slabs_moved',
  'threads',
  'total_connections',
  'total_items',
  'touch_hits',
  'touch_misses',
  // Of serverless caches.
  'ecpus',
  'throttled_cmds',
  'commands',
  'reads',
  'read_micros',
  'writes',
  'write_micros',
  // The host. Seconds of CPU used so far, cores there are to use, memory taken and swapped out in bytes.
  'cpu_seconds',
  'cpu_cores',
  'memory_bytes',
  'swap_bytes',
  'packets_in',
  'packets_out',
  // The most in a second of the last sixty.
  'burst_bytes_in',
  'burst_bytes_out',
  'burst_packets_in',
  'burst_packets_out',
] as const

export type ReadingName = (typeof READINGS)[number]

/** By the place of the name; NaN: whatever runs the node cannot tell. */
export type Reading = Float64Array

const PLACES: ReadonlyMap<string, number> = new Map(READINGS.map((name, place) => [name, place]))

/** Takes what it knows of names and values; lines of `stats` that no metric is made of are left out. */
export function readingOf(lines: Iterable<readonly [name: string, value: string | number]>): Reading {
  const reading = new Float64Array(READINGS.length).fill(Number.NaN)
  for (const [name, value] of lines) {
    const place = PLACES.get(name)
    if (place !== undefined) reading[place] = Number(value)
  }
  return reading
}

/** NaN where the node could not tell. */
export const read = (reading: Reading, name: ReadingName): number => reading[PLACES.get(name) ?? -1] ?? Number.NaN

export function write(reading: Reading, name: ReadingName, value: number): void {
  reading[PLACES.get(name) ?? -1] = value
}

import type { Traffic } from '../bursts.ts'
import type { CacheCore } from '../core.ts'
import type { StatLine } from './lines.ts'

/** All that a node has moved so far. */
export const trafficOf = ({ counters, replies }: CacheCore): Traffic => [
  counters.bytesRead,
  replies.written,
  counters.packetsIn,
  counters.packetsOut,
]

/**
 * What `stats` does not say, or says otherwise, under names of our own: slab pages taken, reads and writes of sockets, the most that was moved
 * in a second of the last sixty; of serverless caches commands, and how many microseconds reading and writing ones took.
 */
export function hostStats({ counters, store, meter, bursts }: CacheCore): StatLine[] {
  const [bytesIn, bytesOut, packetsIn, packetsOut] = bursts.most
  const host: StatLine[] = [
    // Without listeners, which `stats` counts among them: they come and go with the configuration endpoint.
    ['total_connections', counters.totalConnections],
    ['memory_bytes', store.slabs.pageBytes],
    ['packets_in', counters.packetsIn],
    ['packets_out', counters.packetsOut],
    ['burst_bytes_in', bytesIn],
    ['burst_bytes_out', bytesOut],
    ['burst_packets_in', packetsIn],
    ['burst_packets_out', packetsOut],
  ]
  if (!meter) return host
  const { commands, reads, writes } = meter
  return [
    ...host,
    ['commands', commands],
    ['reads', reads.requests],
    ['read_micros', reads.micros],
    ['writes', writes.requests],
    ['write_micros', writes.micros],
  ]
}

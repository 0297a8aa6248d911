/** What runs now, in the text format of Prometheus, version 0.0.4. Pure. */
import type { Reading } from '../nodes/readings.ts'
import type { Subject } from '../workloads/workload.ts'
import { metricsOf } from './table.ts'

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A family of series: name, kind, what it says, of which readings, by the value of one label more. */
interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly label?: string
  /** Label value -> reading, by the name any program has for it; without a label the one value is ''. */
  readonly of: Readonly<Record<string, string>>
}

const counter = (name: string, help: string, of: string): Family => ({
  name,
  type: 'counter',
  help,
  of: { '': of },
})
const gauge = (name: string, help: string, of: string): Family => ({ name, type: 'gauge', help, of: { '': of } })

const FAMILIES: readonly Family[] = [
  {
    name: 'elasticache_requests_total',
    type: 'counter',
    help: 'Requests served, by command.',
    label: 'command',
    of: {
      get: 'cmd_get',
      set: 'cmd_set',
      touch: 'cmd_touch',
      flush: 'cmd_flush',
      config_get: 'cmd_config_get',
      config_set: 'cmd_config_set',
    },
  },
  {
    name: 'elasticache_hits_total',
    type: 'counter',
    help: 'Requests that found their key, by command.',
    label: 'command',
    of: {
      get: 'get_hits',
      incr: 'incr_hits',
      decr: 'decr_hits',
      delete: 'delete_hits',
      touch: 'touch_hits',
      cas: 'cas_hits',
    },
  },
  {
    name: 'elasticache_misses_total',
    type: 'counter',
    help: 'Requests that did not find their key, by command.',
    label: 'command',
    of: {
      get: 'get_misses',
      incr: 'incr_misses',
      decr: 'decr_misses',
      delete: 'delete_misses',
      touch: 'touch_misses',
      cas: 'cas_misses',
    },
  },
  counter('elasticache_cas_badval_total', 'Requests whose CAS value did not match.', 'cas_badval'),
  counter('elasticache_connections_total', 'Connections accepted.', 'total_connections'),
  gauge('elasticache_connections', 'Connections open.', 'curr_connections'),
  gauge('elasticache_items', 'Items stored.', 'curr_items'),
  counter('elasticache_items_total', 'Items ever stored.', 'total_items'),
  gauge('elasticache_items_bytes', 'Bytes used for items.', 'bytes'),
  gauge('elasticache_limit_bytes', 'Bytes there are for items.', 'limit_maxbytes'),
  gauge('elasticache_hash_bytes', 'Bytes used for the hash table.', 'hash_bytes'),
  gauge('elasticache_memory_bytes', 'Bytes of slab pages taken.', 'memory_bytes'),
  gauge('elasticache_swap_bytes', 'Bytes swapped out.', 'swap_bytes'),
  gauge('elasticache_configurations', 'Configurations stored.', 'curr_config'),
  counter('elasticache_evictions_total', 'Items that had not expired, evicted for new ones.', 'evictions'),
  counter('elasticache_evicted_unfetched_total', 'Items evicted that were never fetched.', 'evicted_unfetched'),
  counter('elasticache_reclaimed_total', 'Expired items whose memory was used for new ones.', 'reclaimed'),
  counter('elasticache_expired_unfetched_total', 'Items expired that were never fetched.', 'expired_unfetched'),
  counter('elasticache_slabs_moved_total', 'Slab pages moved between classes.', 'slabs_moved'),
  counter('elasticache_received_bytes_total', 'Bytes read from clients.', 'bytes_read'),
  counter('elasticache_sent_bytes_total', 'Bytes written to clients.', 'bytes_written'),
  counter('elasticache_cpu_seconds_total', 'CPU time used.', 'cpu_seconds'),
  counter('elasticache_ecpus_total', 'ElastiCache Processing Units consumed.', 'ecpus'),
  counter('elasticache_throttled_requests_total', 'Requests held back by the limit of ECPUs.', 'throttled_cmds'),
]

/** Metrics of every node and cache; what a node cannot tell is left out, and so is a family without values. */
export function prometheusText(current: readonly (readonly [Subject, Reading])[]): string {
  return FAMILIES.map(({ name, type, help, label, of }) => {
    const lines = current.flatMap(([subject, reading]) =>
      Object.entries(of).flatMap(([value, from]) => {
        const number = metricsOf(subject.kind).readings.read(reading, from)
        if (Number.isNaN(number)) return []
        const labels = [...labelsOf(subject), ...(label ? [[label, value] as const] : [])]
        return [`${name}{${labels.map(([key, text]) => `${key}="${escaped(text)}"`).join(',')}} ${number}\n`]
      }),
    )
    return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
  }).join('')
}

const LABELS: Readonly<Record<string, string>> = {
  CacheClusterId: 'cluster',
  CacheNodeId: 'node',
  clusterId: 'serverless_cache',
}

const labelsOf = ({ region, dimensions }: Subject): [string, string][] => [
  ['region', region],
  ...dimensions.map(({ Name, Value }): [string, string] => [LABELS[Name] ?? Name, Value]),
]

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/**
 * Parameters of Redis OSS and Valkey: one table, as the versions of Valkey go on where those of Redis OSS end. The lists of redis5.0
 * and redis2.8 are those that the API is known to print; the other families follow from them, from the guide, and from what the API
 * of MemoryDB prints of parameters of the same name. The API knows strings and integers only; the switches are strings.
 * maxmemory and the limits of replicas depend on the node type (node-type-parameters.ts).
 */
import { NODE_CONNECTIONS } from '../../../api/catalog/cache-node.ts'
import { rowsOf } from '../../../api/tables.ts'
import { type ParameterEra, type ParameterRow, parametersOf, type Values } from '../parameter.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { readEvents } from './events.ts'
import { RENAMEABLE, readRenames } from './renames.ts'

const STRING = 'string'
const INTEGER = 'integer'
const SWITCH = 'yes,no'
const NOW = 'immediate'
const REBOOT = 'requires-reboot'
const RESTART = 'immediate-by-restart'
/** Can be set while no cluster uses the group. */
const BEFORE_USE = 'before-use'
/** Cannot be changed; AWS prints `immediate` of the first, `requires-reboot` of the second. */
const NEVER = 'fixed-immediate'
const FIXED = 'fixed'

type Row = readonly [
  value: ParameterRow[0],
  type: ParameterRow[1],
  allowed: ParameterRow[2],
  change: ParameterRow[3],
  since: ParameterRow[4],
  until?: string,
]

const ROWS = {
  // That it waits for a reboot is a guess.
  'acl-pubsub-default': ['allchannels', STRING, 'resetchannels,allchannels', REBOOT, '6.2.0'],
  'acllog-max-len': ['128', INTEGER, '1-10000', NOW, '6.0.0'],
  'active-defrag-cycle-max': ['75', INTEGER, '1-75', NOW, '4.0.10'],
  'active-defrag-cycle-min': ['25', INTEGER, '1-75', NOW, '4.0.10'],
  'active-defrag-ignore-bytes': ['104857600', INTEGER, '10485760-104857600', NOW, '4.0.10'],
  'active-defrag-max-scan-fields': ['1000', INTEGER, '1-1000000', NOW, '5.0.0'],
  'active-defrag-threshold-lower': ['10', INTEGER, '1-100', NOW, '4.0.10'],
  'active-defrag-threshold-upper': ['100', INTEGER, '1-100', NOW, '4.0.10'],
  'active-expire-effort': ['1', INTEGER, '1-10', NOW, '6.0.0'],
  activedefrag: ['no', STRING, SWITCH, NOW, '4.0.10'],
  activerehashing: ['yes', STRING, SWITCH, REBOOT, '2.6.13', '7.0'],
  appendfsync: ['everysec', STRING, 'always,everysec,no', NOW, '2.6.13'],
  appendonly: ['no', STRING, SWITCH, NOW, '2.6.13'],
  'client-output-buffer-limit-normal-hard-limit': ['0', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-normal-soft-limit': ['0', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-normal-soft-seconds': ['0', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-pubsub-hard-limit': ['33554432', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-pubsub-soft-limit': ['8388608', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-pubsub-soft-seconds': ['60', INTEGER, '0-', NOW, '2.6.13'],
  'client-output-buffer-limit-replica-soft-seconds': ['60', INTEGER, '0-', NEVER, '5.0.0'],
  'client-output-buffer-limit-slave-soft-seconds': ['60', INTEGER, '0-', NEVER, '2.6.13', '5.0.0'],
  'client-query-buffer-limit': ['1073741824', INTEGER, '1048576-1073741824', NOW, '4.0.10'],
  'close-on-replica-write': ['yes', STRING, SWITCH, NOW, '5.0.0'],
  'close-on-slave-write': ['yes', STRING, SWITCH, NOW, '2.8.23', '5.0.0'],
  'cluster-allow-pubsubshard-when-down': ['yes', STRING, SWITCH, NOW, '7.0.0'],
  'cluster-allow-reads-when-down': ['no', STRING, SWITCH, NOW, '6.0.0'],
  'cluster-databases': ['0', INTEGER, '1-10000', FIXED, '9.0.0'],
  'cluster-enabled': ['no', STRING, SWITCH, BEFORE_USE, '3.2.4'],
  'cluster-preferred-endpoint-type': ['tls-dynamic', STRING, 'ip,tls-dynamic', NOW, '7.0.0'],
  'cluster-require-full-coverage': ['no', STRING, SWITCH, NOW, '3.2.4'],
  'commandlog-large-reply-max-len': ['128', INTEGER, '0-1024', NOW, '8.1.0'],
  'commandlog-large-request-max-len': ['128', INTEGER, '0-1024', NOW, '8.1.0'],
  'commandlog-reply-larger-than': ['1048576', INTEGER, '', NOW, '8.1.0'],
  'commandlog-request-larger-than': ['1048576', INTEGER, '', NOW, '8.1.0'],
  databases: ['16', INTEGER, '1-1200000', REBOOT, '2.6.13'],
  'extended-redis-compatibility': ['yes', STRING, SWITCH, NOW, '8.0.0'],
  'hash-max-listpack-entries': ['512', INTEGER, '0-', NOW, '7.0.0'],
  'hash-max-listpack-value': ['64', INTEGER, '0-', NOW, '7.0.0'],
  'hash-max-ziplist-entries': ['512', INTEGER, '0-', NOW, '2.6.13', '7.0'],
  'hash-max-ziplist-value': ['64', INTEGER, '0-', NOW, '2.6.13', '7.0'],
  'hll-sparse-max-bytes': ['3000', INTEGER, '1-16000', NOW, '3.2.4'],
  'latency-tracking': ['no', STRING, SWITCH, NOW, '7.0.0'],
  'lazyfree-lazy-eviction': ['no', STRING, SWITCH, NOW, '4.0.10', '8.0'],
  'lazyfree-lazy-expire': ['no', STRING, SWITCH, NOW, '4.0.10', '8.0'],
  'lazyfree-lazy-server-del': ['no', STRING, SWITCH, NOW, '4.0.10', '8.0'],
  'lazyfree-lazy-user-del': ['no', STRING, SWITCH, NOW, '6.0.0', '8.0'],
  'lfu-decay-time': ['1', INTEGER, '0-', NOW, '4.0.10'],
  'lfu-log-factor': ['10', INTEGER, '1-', NOW, '4.0.10'],
  'list-compress-depth': ['0', INTEGER, '0-', NOW, '3.2.4'],
  'list-max-ziplist-entries': ['512', INTEGER, '0-', NOW, '2.6.13', '3.2.4'],
  'list-max-ziplist-size': ['-2', INTEGER, '-5,-4,-3,-2,-1,1-', NEVER, '3.2.4', '7.0'],
  'list-max-ziplist-value': ['64', INTEGER, '0-', NOW, '2.6.13', '3.2.4'],
  'lua-replicate-commands': ['yes', STRING, SWITCH, NOW, '5.0.0', '6.0'],
  'lua-time-limit': ['5000', INTEGER, '5000', NEVER, '2.6.13'],
  maxclients: [String(NODE_CONNECTIONS), INTEGER, `1-${NODE_CONNECTIONS}`, FIXED, '2.6.13'],
  'maxmemory-policy': [
    'volatile-lru',
    STRING,
    'volatile-lru,allkeys-lru,volatile-random,allkeys-random,volatile-ttl,noeviction',
    NOW,
    '2.6.13',
  ],
  'maxmemory-samples': ['3', INTEGER, '1-', NOW, '2.6.13'],
  'min-replicas-max-lag': ['10', INTEGER, '0-', NOW, '5.0.0'],
  'min-replicas-to-write': ['0', INTEGER, '0-', NOW, '5.0.0'],
  'min-slaves-max-lag': ['10', INTEGER, '0-', NOW, '2.8.6', '5.0.0'],
  'min-slaves-to-write': ['0', INTEGER, '0-', NOW, '2.8.6', '5.0.0'],
  'notify-keyspace-events': ['', STRING, '', NOW, '2.8.6'],
  'proto-max-bulk-len': ['536870912', INTEGER, '1048576-536870912', NOW, '4.0.10'],
  'rename-commands': ['', STRING, RENAMEABLE, RESTART, '5.0.3'],
  'repl-backlog-size': ['1048576', INTEGER, '16384-', NOW, '2.8.6'],
  'repl-backlog-ttl': ['3600', INTEGER, '0-', NOW, '2.8.6'],
  'repl-timeout': ['60', INTEGER, '11-', NOW, '2.8.6', '5.0.0'],
  'replica-allow-chaining': ['no', STRING, SWITCH, NEVER, '5.0.0'],
  'replica-ignore-maxmemory': ['yes', STRING, SWITCH, NEVER, '5.0.0'],
  'replica-lazy-flush': ['no', STRING, SWITCH, NEVER, '5.0.0', '8.0'],
  'reserved-memory': ['0', INTEGER, '0-', NOW, '2.6.13', '5.0.0'],
  'reserved-memory-percent': ['25', INTEGER, '0-100', NOW, '2.8.6'],
  'search-default-timeout-ms': ['50000', INTEGER, '1-60000', NOW, '8.2.0'],
  'search-enable-partial-results': ['yes', STRING, SWITCH, NOW, '8.2.0'],
  'search-fanout-target-mode': ['client', STRING, 'client,throughput', NOW, '8.2.0'],
  'set-max-intset-entries': ['512', INTEGER, '0-', NOW, '2.6.13'],
  'slave-allow-chaining': ['no', STRING, SWITCH, NEVER, '2.6.13', '5.0.0'],
  'slave-lazy-flush': ['no', STRING, SWITCH, NEVER, '4.0.10', '5.0.0'],
  'slowlog-log-slower-than': ['10000', INTEGER, '-', NOW, '2.6.13'],
  'slowlog-max-len': ['128', INTEGER, '0-', NOW, '2.6.13'],
  'stream-node-max-bytes': ['4096', INTEGER, '0-', NOW, '5.0.0'],
  'stream-node-max-entries': ['100', INTEGER, '0-', NOW, '5.0.0'],
  'tcp-keepalive': ['0', INTEGER, '0-', NOW, '2.6.13'],
  timeout: ['0', INTEGER, '0,20-', NOW, '2.6.13'],
  'tracking-table-max-keys': ['1000000', INTEGER, '1-100000000', NOW, '6.0.0'],
  'zset-max-listpack-entries': ['128', INTEGER, '0-', NOW, '7.0.0'],
  'zset-max-listpack-value': ['64', INTEGER, '0-', NOW, '7.0.0'],
  'zset-max-ziplist-entries': ['128', INTEGER, '0-', NOW, '2.6.13', '7.0'],
  'zset-max-ziplist-value': ['64', INTEGER, '0-', NOW, '2.6.13', '7.0'],
} as const satisfies Readonly<Record<string, Row>>

export type ParameterName = keyof typeof ROWS

export type ParameterValues = Values<ParameterName>

/** What is otherwise from a version on. */
const ERAS: Readonly<Partial<Record<ParameterName, readonly ParameterEra[]>>> = {
  'active-defrag-cycle-min': [{ since: '5.0.0', default: '5' }],
  'active-defrag-ignore-bytes': [{ since: '5.0.0', allowed: '1048576-' }],
  activerehashing: [{ since: '3.2.4', change: BEFORE_USE }],
  appendfsync: [{ since: '3.2.4', change: NEVER }],
  appendonly: [{ since: '3.2.4', change: NEVER }],
  databases: [
    { since: '3.2.4', change: BEFORE_USE },
    { since: '6.0', allowed: '1-10000' },
  ],
  'maxmemory-policy': [
    {
      since: '4.0.10',
      allowed:
        'volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction',
    },
  ],
  'maxmemory-samples': [{ since: '8.0', allowed: '1-64' }],
  'repl-backlog-size': [{ since: '8.0', default: '10485760' }],
  'repl-timeout': [{ since: '3.2.4', change: NEVER }],
  'tcp-keepalive': [{ since: '3.2.4', default: '300' }],
}

/** Values of a form that a list of choices or a range cannot tell. */
const READERS: Readonly<Partial<Record<ParameterName, (text: string) => string | undefined>>> = {
  'notify-keyspace-events': readEvents,
  'rename-commands': readRenames,
}

export const PARAMETERS = parametersOf(
  Object.fromEntries(
    rowsOf<Readonly<Record<ParameterName, Row>>>(ROWS).map(([name, [value, type, allowed, change, since, until]]) => [
      name,
      [value, type, allowed, change, since, DESCRIPTIONS[name], until],
    ]),
    // Sound: the keys are those of the rows.
  ) as unknown as Readonly<Record<ParameterName, ParameterRow>>,
  { eras: ERAS, readers: READERS },
)

import { isIP } from 'node:net'
import { redis } from '../../api/catalog/engines.ts'
import { eventFlags, eventLetters } from '../keyspace/events.ts'
import { quoted } from '../protocol/quoted.ts'
import {
  BadValue,
  choice,
  directory,
  emptyText,
  integer,
  type Kind,
  memory,
  memoryOf,
  memoryOrPercent,
  memoryText,
  octal,
  ownWords,
  text,
  type Value,
  words,
  yesNo,
} from './kinds.ts'
import type { Settings } from './settings.ts'

/** One directive of the servers' configuration. */
export interface Directive {
  readonly name: string
  /** Its older name, which CONFIG GET shows as well. */
  readonly alias?: string
  /** What Valkey calls it, which knows the older name as well. */
  readonly valkeyAlias?: string
  /** From which version on it does; absent: all. */
  readonly valkeyAliasSince?: string
  readonly kind: Kind<never>
  readonly preset: Value
  /** Can only be set at the start. */
  readonly immutable?: boolean
  /** Can only be set by who may change protected ones (`enable-protected-configs`). */
  readonly guarded?: boolean
  /** Can't be set while a file is being loaded. */
  readonly notWhileLoading?: boolean
  /** What the node's code reads; absent: it changes nothing here. */
  readonly setting?: keyof Settings
  /** Of Valkey only, from this version on. */
  readonly valkeySince?: string
  /** Not of Valkey. */
  readonly redisOnly?: boolean
  /** CONFIG GET shows it only by its whole name. */
  readonly hidden?: boolean
  /** What Valkey has for its preset instead. */
  readonly valkeyPreset?: Value
}

type Extra = Omit<Directive, 'name' | 'kind' | 'preset'>

function row<V extends Value>(name: string, kind: Kind<V>, preset: V, extra: Extra = {}): Directive {
  return { name, kind: kind as unknown as Kind<never>, preset, ...extra } // read by the same kind that shows it
}

const immutable = { immutable: true } as const
const hidden = { hidden: true } as const
const POLICIES = [
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'noeviction',
]
const INT = 2 ** 31 - 1
const UINT = 2 ** 32 - 1

const events: Kind<string> = {
  read([word = '']) {
    const flags = eventFlags(word)
    if (flags === undefined) throw new BadValue("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
    return eventLetters(flags)
  },
  show: (value) => value,
  write: (value, preset) => [{ text: quoted(value), isNews: value !== preset }],
}

const HOST_ENDS_AT = 256

const hostname: Kind<string> = {
  ...text,
  read([word = '']) {
    if (word.length >= HOST_ENDS_AT) throw new BadValue(`Hostnames must be less than ${HOST_ENDS_AT} characters`)
    if (/[^\w.-]|_/.test(word))
      throw new BadValue('Hostnames may only contain alphanumeric characters, hyphens or dots')
    return word
  },
}

const ipAddress = (family: 4 | 6): Kind<string> => ({
  ...text,
  read([word = '']) {
    if (word !== '' && isIP(word) !== family) throw new BadValue(`Invalid IPv${family} address`)
    return word
  },
})

const BUFFER_KINDS = ['normal', 'slave', 'pubsub']

/** Classes of clients with their hard limit, soft limit and seconds; those that are not named keep theirs. */
const bufferLimits: Kind<string> = {
  many: true,
  read(given) {
    const all = given.join(' ').split(' ').filter(Boolean)
    if (all.length % 4 !== 0) throw new BadValue('Wrong number of arguments in buffer limit configuration.')
    const shown: string[] = []
    for (let at = 0; at < all.length; at += 4) {
      const [kind = '', ...limits] = all.slice(at, at + 4)
      const name = kind.toLowerCase() === 'replica' ? 'slave' : kind.toLowerCase()
      if (!BUFFER_KINDS.includes(name))
        throw new BadValue('Invalid client class specified in buffer limit configuration.')
      const [hard, soft] = limits.slice(0, 2).map(memoryOf)
      const seconds = Number(limits[2])
      if (hard === undefined || soft === undefined || !(seconds >= 0)) {
        throw new BadValue('Error in hard, soft or soft_seconds setting in buffer limit configuration.')
      }
      shown.push(`${name} ${hard} ${soft} ${seconds}`)
    }
    return shown.join(' ')
  },
  show: (value) => value,
  merge(before, set) {
    const [former, latter] = [limitsIn(before), limitsIn(set)]
    return BUFFER_KINDS.map((name) => `${name} ${latter.get(name) ?? former.get(name) ?? '0 0 0'}`).join(' ')
  },
  write(value, preset) {
    const presets = limitsIn(preset)
    return [...limitsIn(value)].map(([name, limits]) => {
      const [hard = 0, soft = 0, seconds = 0] = limits.split(' ').map(Number)
      const text = `${name === 'slave' ? 'replica' : name} ${memoryText(hard)} ${memoryText(soft)} ${seconds}`
      return { text, isNews: limits !== presets.get(name) }
    })
  },
}

/** By class of clients. */
function limitsIn(value: string): Map<string, string> {
  const all = value.split(' ')
  return new Map(
    Array.from({ length: Math.floor(all.length / 4) }, (_, at) => [
      all[4 * at] ?? '',
      all.slice(4 * at + 1, 4 * at + 4).join(' '),
    ]),
  )
}

const savePoints: Kind<string> = {
  many: true,
  read(given) {
    const all = given.join(' ').split(' ').filter(Boolean)
    const isRight =
      all.length % 2 === 0 && all.every((word, at) => /^\d+$/.test(word) && (at % 2 === 1 || Number(word) >= 1))
    if (!isRight) throw new BadValue('Invalid save parameters')
    return all.join(' ')
  },
  show: (value) => value,
  write(value, _preset, engine) {
    const points = value.match(/\d+ \d+/g) ?? ['""']
    const lines = engine === 'valkey' ? [points.join(' ')] : points
    return lines.map((text) => ({ text, isNews: true }))
  },
}

const percentiles: Kind<string> = {
  many: true,
  read(given) {
    const all = given.join(' ').split(' ').filter(Boolean)
    for (const word of all) {
      const value = Number(word)
      if (Number.isNaN(value)) throw new BadValue('Invalid latency-tracking-info-percentiles parameters')
      if (value < 0 || value > 100)
        throw new BadValue('latency-tracking-info-percentiles should contain values between 0.0 and 100.0')
    }
    return all.map((word) => String(Number(word))).join(' ')
  },
  show: (value) => value,
  write: (value) => [{ text: value || '""', isNews: true }],
}

const ENDS = ['default', 'save', 'nosave', 'now', 'force']

/** The words of SHUTDOWN. */
const ends: Kind<string> = {
  ...words,
  read(given) {
    const all = given.join(' ').toLowerCase().split(' ').filter(Boolean)
    if (all.length === 0 || !all.every((word) => ENDS.includes(word)))
      throw new BadValue(`argument(s) must be one of the following: ${ENDS.join(', ')}`)
    if (all.includes('save') && all.includes('nosave'))
      throw new BadValue("shutdown options SAVE and NOSAVE can't be used simultaneously")
    const shown = ENDS.slice(1).filter((word) => all.includes(word))
    return shown.length === 0 ? 'default' : shown.join(' ')
  },
}

/** Every directive of Redis 7.0 and of Valkey up to 8.0. */
export const DIRECTIVES: readonly Directive[] = [
  row('maxmemory', memory(), 0, { setting: 'maxmemory' }),
  row('maxmemory-policy', choice(...POLICIES), 'noeviction', { setting: 'maxmemoryPolicy' }),
  row('maxmemory-samples', integer(1, 64), 5, { setting: 'maxmemorySamples' }),
  row('maxmemory-eviction-tenacity', integer(0, 100), 10, { setting: 'maxmemoryTenacity' }),
  row('maxmemory-clients', memoryOrPercent, 0, { setting: 'maxmemoryClients' }),
  row('lfu-log-factor', integer(0, INT), 10, { setting: 'lfuLogFactor' }),
  row('lfu-decay-time', integer(0, INT), 1, { setting: 'lfuDecayTime' }),
  row('maxclients', integer(1, UINT), 10_000, { setting: 'maxclients' }),
  row('timeout', integer(0, INT), 0, { setting: 'timeout' }),
  row('hz', integer(0, INT), 10, { setting: 'hz' }),
  row('dynamic-hz', yesNo, true),
  row('databases', integer(1, INT), 16, { setting: 'databases', ...immutable }),
  row('active-expire-effort', integer(1, 10), 1, { setting: 'activeExpireEffort' }),
  row('activerehashing', yesNo, true),
  row('notify-keyspace-events', events, '', { setting: 'notifyKeyspaceEvents' }),
  row('requirepass', text, '', { setting: 'requirepass' }),
  row('slowlog-log-slower-than', integer(-1), 10_000, { setting: 'slowlogSlowerThan' }),
  row('slowlog-max-len', integer(0), 128, { setting: 'slowlogMaxLen' }),
  row('latency-monitor-threshold', integer(0), 0, { setting: 'latencyThreshold' }),
  row('latency-tracking', yesNo, true, { setting: 'latencyTracking' }),
  row('latency-tracking-info-percentiles', percentiles, '50 99 99.9', { setting: 'latencyPercentiles' }),
  row(
    'client-output-buffer-limit',
    bufferLimits,
    'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
    { setting: 'outputBufferLimits' },
  ),
  row('client-query-buffer-limit', memory(1024 * 1024), 1 << 30, { setting: 'queryBufferLimit' }),
  row('proto-max-bulk-len', memory(1024 * 1024), 512 << 20, { setting: 'maxBulk' }),
  row('tracking-table-max-keys', integer(0), 1_000_000, { setting: 'trackingTableMaxKeys' }),
  row('busy-reply-threshold', integer(0), 5000, { setting: 'busyReplyThreshold', alias: 'lua-time-limit' }),
  row('hash-max-listpack-entries', integer(0), 512, {
    setting: 'hashMaxListpackEntries',
    alias: 'hash-max-ziplist-entries',
  }),
  row('hash-max-listpack-value', integer(0), 64, { setting: 'hashMaxListpackValue', alias: 'hash-max-ziplist-value' }),
  row('set-max-intset-entries', integer(0), 512, { setting: 'setMaxIntsetEntries' }),
  row('set-max-listpack-entries', integer(0), 128, { setting: 'setMaxListpackEntries', valkeySince: '7.2.0' }),
  row('set-max-listpack-value', integer(0), 64, { setting: 'setMaxListpackValue', valkeySince: '7.2.0' }),
  row('zset-max-listpack-entries', integer(0), 128, {
    setting: 'zsetMaxListpackEntries',
    alias: 'zset-max-ziplist-entries',
  }),
  row('zset-max-listpack-value', integer(0), 64, { setting: 'zsetMaxListpackValue', alias: 'zset-max-ziplist-value' }),
  row('list-max-listpack-size', integer(-(2 ** 31), INT), -2, {
    setting: 'listMaxListpackSize',
    alias: 'list-max-ziplist-size',
  }),
  row('list-compress-depth', integer(0, INT), 0, { setting: 'listCompressDepth' }),
  row('stream-node-max-bytes', memory(0), 4096, { setting: 'streamNodeMaxBytes' }),
  row('stream-node-max-entries', integer(0), 100, { setting: 'streamNodeMaxEntries' }),
  row('hll-sparse-max-bytes', memory(0), 3000, { setting: 'hllSparseMaxBytes' }),
  row('acl-pubsub-default', choice('allchannels', 'resetchannels'), 'resetchannels', { setting: 'aclPubsubDefault' }),
  row('acllog-max-len', integer(0), 128, { setting: 'acllogMaxLen' }),
  row('aclfile', emptyText, '', immutable),
  row('cluster-enabled', yesNo, false, { setting: 'clusterEnabled', ...immutable }),
  row('cluster-config-file', emptyText, 'nodes.conf', immutable),
  row('cluster-node-timeout', integer(0), 15_000),
  row('cluster-migration-barrier', integer(0, INT), 1),
  row('cluster-replica-validity-factor', integer(0, INT), 10, { alias: 'cluster-slave-validity-factor' }),
  row('cluster-replica-no-failover', yesNo, false, { alias: 'cluster-slave-no-failover' }),
  row('cluster-require-full-coverage', yesNo, true, { setting: 'clusterRequireFullCoverage' }),
  row('cluster-allow-reads-when-down', yesNo, false, { setting: 'clusterAllowReadsWhenDown' }),
  row('cluster-allow-pubsubshard-when-down', yesNo, true, { setting: 'clusterAllowPubsubshardWhenDown' }),
  row('cluster-allow-replica-migration', yesNo, true, { setting: 'clusterAllowReplicaMigration' }),
  row('cluster-announce-ip', text, ''),
  row('cluster-announce-port', integer(0, 65_535), 0),
  row('cluster-announce-bus-port', integer(0, 65_535), 0),
  row('cluster-announce-tls-port', integer(0, 65_535), 0),
  row('cluster-announce-hostname', hostname, ''),
  row('cluster-announce-human-nodename', text, '', { valkeySince: '7.2.0' }),
  row('cluster-announce-client-ipv4', ipAddress(4), '', { valkeySince: '8.0.0' }),
  row('cluster-announce-client-ipv6', ipAddress(6), '', { valkeySince: '8.0.0' }),
  row('cluster-preferred-endpoint-type', choice('ip', 'hostname', 'unknown-endpoint'), 'ip', {
    setting: 'clusterPreferredEndpointType',
  }),
  row('cluster-port', integer(0, 65_535), 0, immutable),
  row('cluster-link-sendbuf-limit', memory(0), 0),
  row('cluster-blacklist-ttl', integer(0), 60, { valkeySince: '8.0.0' }),
  row('cluster-slot-stats-enabled', yesNo, false, { setting: 'clusterSlotStatsEnabled', valkeySince: '8.0.0' }),
  row('replicaof', ownWords, '', { alias: 'slaveof', ...immutable }),
  row('masterauth', text, '', { valkeyAlias: 'primaryauth', valkeyAliasSince: '8.0.0' }),
  row('masteruser', text, '', { valkeyAlias: 'primaryuser', valkeyAliasSince: '8.0.0' }),
  row('replica-read-only', yesNo, true, { setting: 'replicaReadOnly', alias: 'slave-read-only' }),
  row('replica-serve-stale-data', yesNo, true, { setting: 'replicaServeStaleData', alias: 'slave-serve-stale-data' }),
  row('replica-ignore-maxmemory', yesNo, true, { setting: 'replicaIgnoreMaxmemory', alias: 'slave-ignore-maxmemory' }),
  row('replica-lazy-flush', yesNo, false, { alias: 'slave-lazy-flush', valkeyPreset: true }),
  row('replica-announced', yesNo, true),
  row('replica-announce-ip', text, '', { alias: 'slave-announce-ip' }),
  row('replica-announce-port', integer(0, 65_535), 0, { alias: 'slave-announce-port' }),
  row('replica-priority', integer(0, INT), 100, { alias: 'slave-priority' }),
  row('replica-ignore-disk-write-errors', yesNo, false),
  row('min-replicas-to-write', integer(0, INT), 0, { setting: 'minReplicasToWrite', alias: 'min-slaves-to-write' }),
  row('min-replicas-max-lag', integer(0, INT), 10, { setting: 'minReplicasMaxLag', alias: 'min-slaves-max-lag' }),
  row('repl-backlog-size', memory(1), 1 << 20, { setting: 'replBacklogSize', valkeyPreset: 10 << 20 }),
  row('repl-backlog-ttl', integer(0), 3600, { setting: 'replBacklogTtl' }),
  row('repl-timeout', integer(1, INT), 60, { setting: 'replTimeout' }),
  row('repl-ping-replica-period', integer(1, INT), 10, { setting: 'replPingPeriod', alias: 'repl-ping-slave-period' }),
  row('repl-diskless-sync', yesNo, true),
  row('repl-diskless-sync-delay', integer(0, INT), 5),
  row('repl-diskless-sync-max-replicas', integer(0, INT), 0),
  row('repl-diskless-load', choice('disabled', 'on-empty-db', 'swapdb'), 'disabled', { notWhileLoading: true }),
  row('repl-disable-tcp-nodelay', yesNo, false),
  row('dual-channel-replication-enabled', yesNo, false, { valkeySince: '8.0.0' }),
  row('propagation-error-behavior', choice('ignore', 'panic', 'panic-on-replicas'), 'ignore'),
  row('dir', directory, '.', { setting: 'dir', guarded: true, notWhileLoading: true }),
  row('dbfilename', emptyText, 'dump.rdb', { setting: 'dbfilename', guarded: true }),
  row('save', savePoints, '', { setting: 'savePoints' }),
  row('rdbcompression', yesNo, true),
  row('rdbchecksum', yesNo, true, immutable),
  row('rdb-save-incremental-fsync', yesNo, true),
  row('rdb-del-sync-files', yesNo, false),
  row('stop-writes-on-bgsave-error', yesNo, true, { setting: 'stopWritesOnBgsaveError' }),
  row('sanitize-dump-payload', choice('no', 'yes', 'clients'), 'no', { setting: 'sanitizeDumpPayload' }),
  row('appendonly', yesNo, false, { notWhileLoading: true }),
  row('appendfsync', choice('everysec', 'always', 'no'), 'everysec'),
  row('appendfilename', emptyText, 'appendonly.aof', immutable),
  row('appenddirname', emptyText, 'appendonlydir', immutable),
  row('no-appendfsync-on-rewrite', yesNo, false),
  row('auto-aof-rewrite-percentage', integer(0, INT), 100),
  row('auto-aof-rewrite-min-size', memory(0), 64 << 20),
  row('aof-load-truncated', yesNo, true),
  row('aof-use-rdb-preamble', yesNo, true),
  row('aof-rewrite-incremental-fsync', yesNo, true),
  row('aof-timestamp-enabled', yesNo, false),
  row('aof-disable-auto-gc', yesNo, false),
  row('port', integer(0, 65_535), redis.port, { setting: 'port' }),
  row('bind', ownWords, '127.0.0.1 -::1'),
  row('bind-source-addr', text, ''),
  row('protected-mode', yesNo, true),
  row('tcp-backlog', integer(0, INT), 511, { setting: 'tcpBacklog', ...immutable }),
  row('tcp-keepalive', integer(0, INT), 300, { setting: 'tcpKeepalive' }),
  row('unixsocket', text, '', immutable),
  row('unixsocketperm', octal, 0, immutable),
  row('unixsocketgroup', text, '', { valkeySince: '8.0.0', ...immutable }),
  row('socket-mark-id', integer(0, UINT), 0),
  row('enable-debug-command', choice('no', 'yes', 'local'), 'no', { setting: 'enableDebugCommand', ...immutable }),
  row('enable-debug-assert', yesNo, false, { valkeySince: '8.0.0', ...immutable, ...hidden }),
  row('enable-module-command', choice('no', 'yes', 'local'), 'no', { setting: 'enableModuleCommand', ...immutable }),
  row('enable-protected-configs', choice('no', 'yes', 'local'), 'no', {
    setting: 'enableProtectedConfigs',
    ...immutable,
  }),
  row('io-threads', integer(1, 128), 1, immutable),
  row('io-threads-do-reads', yesNo, false, { valkeyPreset: true }),
  row('events-per-io-thread', integer(0, INT), 2, { valkeySince: '8.0.0' }),
  row('prefetch-batch-max-size', integer(0, 128), 16, { valkeySince: '8.0.0' }),
  row('max-new-connections-per-cycle', integer(1, 1000), 10, { valkeySince: '8.0.0' }),
  row('max-new-tls-connections-per-cycle', integer(1, 1000), 1, { valkeySince: '8.0.0' }),
  row('lazyfree-lazy-eviction', yesNo, false, { setting: 'lazyEviction', valkeyPreset: true }),
  row('lazyfree-lazy-expire', yesNo, false, { setting: 'lazyExpire', valkeyPreset: true }),
  row('lazyfree-lazy-server-del', yesNo, false, { setting: 'lazyServerDel', valkeyPreset: true }),
  row('lazyfree-lazy-user-del', yesNo, false, { valkeyPreset: true }),
  row('lazyfree-lazy-user-flush', yesNo, false, { valkeyPreset: true }),
  row('activedefrag', yesNo, false),
  row('active-defrag-cycle-min', integer(1, 99), 1),
  row('active-defrag-cycle-max', integer(1, 99), 25),
  row('active-defrag-ignore-bytes', memory(1), 100 << 20),
  row('active-defrag-max-scan-fields', integer(1), 1000),
  row('active-defrag-threshold-lower', integer(0, 1000), 10),
  row('active-defrag-threshold-upper', integer(0, 1000), 100),
  row('jemalloc-bg-thread', yesNo, true),
  row('loglevel', choice('debug', 'verbose', 'notice', 'warning'), 'notice'),
  row('logfile', emptyText, '', immutable),
  row('syslog-enabled', yesNo, false, immutable),
  row('syslog-ident', emptyText, 'redis', { valkeyPreset: 'valkey', ...immutable }),
  row('syslog-facility', choice('user', ...Array.from({ length: 8 }, (_, at) => `local${at}`)), 'local0', immutable),
  row('crash-log-enabled', yesNo, true),
  row('crash-memcheck-enabled', yesNo, true),
  row('hide-user-data-from-log', yesNo, true, { valkeySince: '8.0.0' }),
  row('always-show-logo', yesNo, false, immutable),
  row('daemonize', yesNo, false, immutable),
  row('pidfile', text, '', immutable),
  row('supervised', choice('upstart', 'systemd', 'auto', 'no'), 'no', immutable),
  row('set-proc-title', yesNo, true, immutable),
  row('proc-title-template', emptyText, '{title} {listen-addr} {server-mode}'),
  row('disable-thp', yesNo, true, immutable),
  row('ignore-warnings', emptyText, ''),
  row('oom-score-adj', choice('no', 'yes', 'relative', 'absolute'), 'no'),
  row('oom-score-adj-values', words, '0 200 800'),
  row('shutdown-timeout', integer(0, INT), 10, { setting: 'shutdownTimeout' }),
  row('shutdown-on-sigint', ends, 'default'),
  row('shutdown-on-sigterm', ends, 'default'),
  row('rdb-key-save-delay', integer(-INT - 1, INT), 0, hidden),
  row('key-load-delay', integer(-INT - 1, INT), 0, hidden),
  row('watchdog-period', integer(0, INT), 0, hidden),
  row('use-exit-on-panic', yesNo, false, hidden),
  row('loading-process-events-interval-bytes', memory(1024), 2 << 20, hidden),
  row('availability-zone', emptyText, '', { valkeySince: '8.0.0' }),
  row('extended-redis-compatibility', yesNo, false, { valkeySince: '8.0.0' }),
  row('locale-collate', emptyText, '', { valkeySince: '8.0.0' }),
  row('server_cpulist', text, '', { valkeyAlias: 'server-cpulist', ...immutable }),
  row('bio_cpulist', text, '', { valkeyAlias: 'bio-cpulist', ...immutable }),
  row('aof_rewrite_cpulist', text, '', { valkeyAlias: 'aof-rewrite-cpulist', ...immutable }),
  row('bgsave_cpulist', text, '', { valkeyAlias: 'bgsave-cpulist', ...immutable }),
  row('tls-port', integer(0, 65_535), 0),
  row('tls-cluster', yesNo, false),
  row('tls-replication', yesNo, false),
  row('tls-auth-clients', choice('no', 'yes', 'optional'), 'yes'),
  row('tls-cert-file', text, ''),
  row('tls-key-file', text, ''),
  row('tls-key-file-pass', text, ''),
  row('tls-client-cert-file', text, ''),
  row('tls-client-key-file', text, ''),
  row('tls-client-key-file-pass', text, ''),
  row('tls-dh-params-file', text, ''),
  row('tls-ca-cert-file', text, ''),
  row('tls-ca-cert-dir', text, ''),
  row('tls-protocols', text, ''),
  row('tls-ciphers', text, ''),
  row('tls-ciphersuites', text, ''),
  row('tls-prefer-server-ciphers', yesNo, false),
  row('tls-session-caching', yesNo, true),
  row('tls-session-cache-size', integer(0, INT), 20_480),
  row('tls-session-cache-timeout', integer(0, INT), 300),
]

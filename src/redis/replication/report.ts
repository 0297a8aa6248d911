import type { Core } from '../core.ts'
import type { Line } from '../info/section.ts'
import type { Following } from './following.ts'
import { NO_ID } from './history.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'

const MS_PER_SECOND = 1000
const seconds = (ms: number): number => Math.floor(ms / MS_PER_SECOND)

/** INFO replication. */
function replicationLines(core: Core, replication: Replication): Line[] {
  const { history, replicas, following, failover } = replication
  const { settings } = core.config
  const isValkey = core.dialect.engine === 'valkey'
  const { backlog } = history
  return [
    ['role', following ? 'slave' : 'master'],
    ...(following ? ownLines(core, replication, following) : []),
    ['connected_slaves', replicas.all.size],
    ...(settings.minReplicasToWrite > 0 && settings.minReplicasMaxLag > 0
      ? [['min_slaves_good_slaves', replicas.good] as const]
      : []),
    ...[...replicas.all].map((replica, at): Line => [`slave${at}`, replicaLine(core, replica)]),
    ...(isValkey ? [['replicas_waiting_psync', 0] as const] : []),
    ['master_failover_state', failover.state],
    ['master_replid', history.id],
    ['master_replid2', history.former?.id ?? NO_ID],
    ['master_repl_offset', history.offset],
    ['second_repl_offset', history.former ? history.former.offset + 1 : -1],
    ['repl_backlog_active', backlog ? 1 : 0],
    ['repl_backlog_size', settings.replBacklogSize],
    ['repl_backlog_first_byte_offset', backlog ? backlog.first + 1 : 0],
    ['repl_backlog_histlen', backlog?.length ?? 0],
  ]
}

function ownLines(core: Core, { history }: Replication, following: Following): Line[] {
  const { config, keyspace, dialect } = core
  const { primary, isConnected, state, lostAt, link } = following
  const isSyncing = state === 'sync'
  const { payload } = link ?? {}
  const { read = 0, size = -1 } = payload ?? {}
  return [
    ['master_host', primary.host],
    ['master_port', primary.port],
    ['master_link_status', isConnected ? 'up' : 'down'],
    ['master_last_io_seconds_ago', isConnected ? seconds(following.silence) : -1],
    ['master_sync_in_progress', isSyncing ? 1 : 0],
    ['slave_read_repl_offset', following.heard],
    ['slave_repl_offset', history.offset],
    ...(dialect.engine === 'valkey'
      ? ([
          ['replicas_repl_buffer_size', 0],
          ['replicas_repl_buffer_peak', 0],
        ] as const)
      : []),
    ...(isSyncing
      ? ([
          ['master_sync_total_bytes', size],
          ['master_sync_read_bytes', read],
          ['master_sync_left_bytes', size - read],
          ['master_sync_perc', (size > 0 ? (100 * read) / size : 0).toFixed(2)],
          ['master_sync_last_io_seconds_ago', seconds(following.silence)],
        ] as const)
      : []),
    ...(isConnected
      ? []
      : [['master_link_down_since_seconds', lostAt === undefined ? -1 : seconds(keyspace.now - lostAt)] as const]),
    ['slave_priority', config.text('replica-priority')],
    ['slave_read_only', config.settings.replicaReadOnly ? 1 : 0],
    ['replica_announced', config.text('replica-announced') === 'yes' ? 1 : 0],
  ]
}

function replicaLine({ keyspace, dialect }: Core, { host, greeting, state, acked, ackedAt }: Replica): string {
  const lag = state === 'online' ? seconds(keyspace.now - ackedAt) : 0
  const type = dialect.engine === 'valkey' ? ',type=replica' : ''
  return `ip=${host},port=${greeting.port},state=${state},offset=${acked},lag=${lag}${type}`
}

/** What replication adds to the other sections of INFO. */
export function report(core: Core, replication: Replication): void {
  const { replicas, synchronizations } = replication
  core.tell('replication', () => replicationLines(core, replication))
  core.tell('clients', () => [['connected_clients', core.clients.size - replicas.all.size]])
  core.tell('stats', () => [
    ['sync_full', synchronizations.full],
    ['sync_partial_ok', synchronizations.partial],
    ['sync_partial_err', synchronizations.refused],
    ['total_net_repl_input_bytes', replication.heardBefore + (replication.following?.counters.bytesRead ?? 0)],
    ['total_net_repl_output_bytes', replicas.sent],
  ])
  core.tell('memory', () => [
    ['mem_replication_backlog', replication.history.backlog?.memory ?? 0],
    // What several replicas have yet to read is there once.
    [
      'mem_total_replication_buffers',
      Math.max(replication.history.backlog?.memory ?? 0, ...[...replicas.all].map(({ client }) => client.unsent)),
    ],
    ['mem_clients_slaves', [...replicas.all].reduce((sum, { client }) => sum + client.unsent, 0)],
  ])
  // A file that is loaded tells of itself.
  core.tell('persistence', () => {
    if (core.loading === 'no') return []
    return [[core.loading === 'yes' ? 'loading' : 'async_loading', 1]]
  })
  core.statisticsResets.push(() => Object.assign(synchronizations, { full: 0, partial: 0, refused: 0 }))
}

/** How a node stands in its replication, as its owner is told. */
export interface ReplicationState {
  readonly role: 'primary' | 'replica'
  /** The id of the history that it has. */
  readonly id: string
  /** How far it is in that, in bytes. */
  readonly offset: number
  /** Of a replica. */
  readonly primary:
    | {
        readonly host: string
        readonly port: number
        /** In the words of ROLE. */
        readonly link: Following['state']
        /** It has all that its primary has, but for what is on its way. */
        readonly inSync: boolean
        /** Milliseconds since the primary was heard; -1: there is no link. */
        readonly silenceMs: number
      }
    | undefined
  readonly replicas: readonly {
    readonly host: string
    readonly port: number
    readonly state: Replica['state']
    /** How far it is, as it has said. */
    readonly offset: number
    /** Milliseconds since it said so. */
    readonly lagMs: number
  }[]
  readonly failover: Replication['failover']['state']
}

export function stateOf(core: Core, { history, following, replicas, failover }: Replication): ReplicationState {
  const now = core.clock.now()
  return {
    role: following ? 'replica' : 'primary',
    id: history.id,
    offset: history.offset,
    primary: following && {
      host: following.primary.host,
      port: following.primary.port,
      link: following.state,
      inSync: following.isConnected,
      silenceMs: following.silence,
    },
    replicas: [...replicas.all].map(({ host, greeting, state, acked, ackedAt }) => ({
      host,
      port: greeting.port,
      state,
      offset: acked,
      lagMs: Math.max(0, now - ackedAt),
    })),
    failover: failover.state,
  }
}

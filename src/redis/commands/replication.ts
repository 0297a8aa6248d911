import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { splitInline } from '../protocol/inline.ts'
import { NOT_AN_INTEGER, type Refusal, refusal, SYNTAX } from '../protocol/refusals.ts'
import { type FailoverRequest, isAt } from '../replication/failover.ts'
import type { Place } from '../replication/history.ts'
import type { Greeting } from '../replication/replica.ts'
import { replicationOf, requestOf } from '../replication/replication.ts'
import type { Row } from './command.ts'
import { timeoutMs } from './waiting.ts'

const NOT_IN_CLUSTER = refusal('ERR REPLICAOF not allowed in cluster mode.')
const WHILE_FAILING_OVER = refusal('ERR REPLICAOF not allowed while failing over.')
const FROM_REPLICA = refusal('ERR Command is not valid when client is a replica.')
const BAD_PORT = refusal('ERR Invalid master port')
const NO_FILTER = refusal('ERR Missing rdb-filter-only values')
const TO_A_PRIMARY = refusal("ERR PSYNC FAILOVER can't be sent to a master.")
const OTHER_ID = refusal('ERR PSYNC FAILOVER replid must match my replid.')
const NOT_NOW = refusal("NOMASTERLINK Can't SYNC while failing over")
const NO_LINK = refusal("NOMASTERLINK Can't SYNC while not connected with my master")
const TOO_MANY = refusal("NOMASTERLINK Can't SYNC while so many replicas are being synchronized")
const waitOnReplica = (since: string): Refusal =>
  refusal(
    `ERR WAIT cannot be used with replica instances. Please also note that ${since}if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.`,
  )
const WAIT_ON_REPLICA = { redis: waitOnReplica('since Redis 4.0 '), valkey: waitOnReplica('') }
const WAITAOF_ON_REPLICA = refusal(
  'ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.',
)
const NO_AOF = refusal('ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.')
const NOT_0_OR_1 = refusal('ERR value is out of range, value must between 0 and 1')
const NEGATIVE = refusal('ERR value is out of range, must be positive')

/** The commands of replication. */
export const REPLICATION: readonly Row[] = [
  { name: 'replicaof', run: replicaof },
  { name: 'slaveof', run: replicaof },
  { name: 'role', run: role },
  { name: 'replconf', run: replconf },
  { name: 'psync', run: psync },
  { name: 'sync', run: (client) => synchronize(client, undefined, true) },
  { name: 'wait', run: wait },
  { name: 'waitaof', run: waitaof },
  { name: 'failover', run: failover },
]

// Roles

function replicaof(client: Client, args: Args): void {
  const { core, replies } = client
  const replication = replicationOf(core)
  if (core.config.settings.clusterEnabled) throw NOT_IN_CLUSTER
  if (replication.failover.isUnderWay) throw WHILE_FAILING_OVER
  if (args.is(1, 'NO') && args.is(2, 'ONE')) {
    if (replication.following) {
      replication.follow(undefined)
      core.log('notice', `MASTER MODE enabled ${requestOf(client)}`)
    }
    replies.ok()
    return
  }
  if (client.kind === 'replica') throw FROM_REPLICA
  const port = args.integerFrom(2, 0, 65_535, BAD_PORT)
  const host = args.text(1)
  const { primary } = replication.following ?? {}
  if (primary?.host === host && primary.port === port) {
    core.log(
      'notice',
      'REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.',
    )
    replies.status('OK Already connected to specified master')
    return
  }
  replication.follow({ host, port })
  core.log('notice', `REPLICAOF ${host}:${port} enabled ${requestOf(client)}`)
  replies.ok()
}

function role({ core, replies }: Client): void {
  const { following, history, replicas } = replicationOf(core)
  if (following) {
    replies.array(5)
    replies.bulkText('slave')
    replies.bulkText(following.primary.host)
    replies.integer(following.primary.port)
    replies.bulkText(following.state)
    replies.integer(following.isConnected ? history.offset : -1)
    return
  }
  replies.array(3)
  replies.bulkText('master')
  replies.integer(history.offset)
  const { online } = replicas
  replies.array(online.length)
  for (const { host, greeting, acked } of online) {
    replies.array(3)
    replies.bulkText(host)
    replies.bulkText(String(greeting.port))
    replies.bulkText(String(acked))
  }
}

// What replicas say

/** What options of REPLCONF tell of a replica. */
const GREETINGS: Readonly<Record<string, (args: Args, at: number, client: Client) => Partial<Greeting>>> = {
  'listening-port': (args, at) => ({ port: args.integer(at) }),
  'ip-address': (args, at) => ({ address: args.text(at) }),
  capa: (args, at) => {
    if (args.is(at, 'EOF')) return { eof: true }
    return args.is(at, 'PSYNC2') ? { psync2: true } : {}
  },
  'rdb-only': (args, at) => ({ rdbOnly: args.integerFrom(at, 0, 1) === 1 }),
  'rdb-filter-only': (args, at) => filtered(args.text(at)),
}

/** What a file is to have, and nothing else. */
function filtered(text: string): Partial<Greeting> {
  const words = splitInline(Buffer.from(text, 'latin1'))?.map((word) => word.toString('latin1'))
  if (words === undefined) throw NO_FILTER
  for (const word of words)
    if (word.toLowerCase() !== 'functions') throw refusal(`ERR Unsupported rdb-filter-only option: ${word}`)
  return { keys: false, functions: words.length > 0 }
}

function replconf(client: Client, args: Args): void {
  const { core, replies } = client
  const { replicas, following } = replicationOf(core)
  if (args.count % 2 === 0) throw SYNTAX
  const replica = replicas.of(client)
  if (args.is(1, 'ACK')) {
    const onDisk = args.count > 4 && args.is(3, 'FACK') ? args.integer(4) : undefined
    // Nobody answers to what is no question.
    if (replica) replicas.ack(replica, args.integer(2), onDisk)
    return
  }
  if (args.is(1, 'GETACK')) {
    if (client.kind === 'master') following?.link?.acknowledgeSoon()
    return
  }
  for (let at = 1; at < args.count; at += 2) {
    const option = args.text(at).toLowerCase()
    if (option === 'version' && core.dialect.engine === 'valkey') replicas.greet(client, { version: args.text(at + 1) })
    else if (Object.hasOwn(GREETINGS, option)) replicas.greet(client, GREETINGS[option]?.(args, at + 1, client) ?? {})
    else throw refusal(`ERR Unrecognized REPLCONF option: ${args.shown(at)}`)
  }
  replies.ok()
}

function psync(client: Client, args: Args): void {
  const { core } = client
  const replication = replicationOf(core)
  // It is one already.
  if (replication.replicas.of(client)) return
  if (args.count > 3 && args.is(3, 'FAILOVER')) takeOver(client, args)
  const offset = args.integer(2, NOT_AN_INTEGER)
  const id = args.text(1)
  synchronize(client, id === '?' ? undefined : { id, offset: offset - 1 }, false)
}

/** The primary of this node has it have its role. */
function takeOver(client: Client, args: Args): void {
  const { core } = client
  const replication = replicationOf(core)
  core.log('warning', `Failover request received for replid ${args.text(1)}.`)
  if (replication.following === undefined) throw TO_A_PRIMARY
  if (args.text(1) !== replication.history.id) throw OTHER_ID
  replication.follow(undefined)
  core.log('notice', `MASTER MODE enabled (failover request from '${requestOf(client)}')`)
}

function synchronize(client: Client, asked: Place | undefined, isOld: boolean): void {
  const replication = replicationOf(client.core)
  if (replication.replicas.of(client)) return
  if (replication.failover.isUnderWay) throw NOT_NOW
  if (replication.following?.isConnected === false) throw NO_LINK
  try {
    replication.synchronize(client, asked, isOld)
  } catch (error) {
    throw error instanceof RangeError ? TOO_MANY : error
  }
}

// Waiting for replicas

function wait(client: Client, args: Args): void {
  const { core, replies } = client
  const { following, replicas, waiting } = replicationOf(core)
  if (following) throw WAIT_ON_REPLICA[core.dialect.engine]
  const wanted = args.integer(1)
  const timeout = timeoutMs(client, args, 2)
  const { wroteTo } = client
  waiting.wait(client, args, timeout, {
    isDone: () => replicas.acknowledged(wroteTo) >= wanted,
    answer: () => replies.integer(replicas.acknowledged(wroteTo)),
  })
}

/** Nothing is written to a file of this node's, which is known; its replicas may have one. */
function waitaof(client: Client, args: Args): void {
  const { core, replies } = client
  const { following, replicas, waiting } = replicationOf(core)
  const local = args.integerFrom(1, 0, 1, NOT_0_OR_1)
  const wanted = args.integerFrom(2, 0, Number.MAX_SAFE_INTEGER, NEGATIVE)
  const timeout = timeoutMs(client, args, 3)
  if (following) throw WAITAOF_ON_REPLICA
  if (local > 0) throw NO_AOF
  const { wroteTo } = client
  waiting.wait(client, args, timeout, {
    isDone: () => replicas.acknowledgedOnDisk(wroteTo) >= wanted,
    answer: () => {
      replies.array(2)
      replies.integer(0)
      replies.integer(replicas.acknowledgedOnDisk(wroteTo))
    },
  })
}

// FAILOVER

const FAILOVER_IN_CLUSTER = refusal('ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.')
const NO_FAILOVER = refusal('ERR No failover in progress.')
const FAILING_OVER = refusal('ERR FAILOVER already in progress.')
const NOT_A_PRIMARY = refusal('ERR FAILOVER is not valid when server is a replica.')
const NO_REPLICA = refusal('ERR FAILOVER requires connected replicas.')
const BAD_TIMEOUT = refusal('ERR FAILOVER timeout must be greater than 0')
const FORCED_WITHOUT = refusal('ERR FAILOVER with force option requires both a timeout and target HOST and IP.')
const NO_TARGET = refusal('ERR FAILOVER target HOST and PORT is not a replica.')
const NOT_ONLINE = refusal('ERR FAILOVER target replica is not online.')

function failover(client: Client, args: Args): void {
  const { core, replies } = client
  const replication = replicationOf(core)
  if (core.config.settings.clusterEnabled) throw FAILOVER_IN_CLUSTER
  if (args.count === 2 && args.is(1, 'ABORT')) {
    if (!replication.failover.isUnderWay) throw NO_FAILOVER
    replication.failover.abort('Failover manually aborted')
    replies.ok()
    return
  }
  const request = failoverRequest(args)
  if (replication.failover.isUnderWay) throw FAILING_OVER
  if (replication.following) throw NOT_A_PRIMARY
  const { all } = replication.replicas
  if (all.size === 0) throw NO_REPLICA
  const { target, forced, timeout } = request
  if (forced && (timeout === 0 || target === undefined)) throw FORCED_WITHOUT
  if (target) {
    const replica = [...all].find((each) => isAt(each, target))
    if (replica === undefined) throw NO_TARGET
    if (replica.state !== 'online') throw NOT_ONLINE
  }
  replication.failover.begin(request)
  replies.ok()
}

function failoverRequest(args: Args): FailoverRequest {
  let target: FailoverRequest['target']
  let [forced, timeout] = [false, 0]
  for (let at = 1; at < args.count; at++) {
    if (timeout === 0 && args.is(at, 'TIMEOUT') && at + 1 < args.count) {
      timeout = args.integer(++at)
      if (timeout <= 0) throw BAD_TIMEOUT
    } else if (target === undefined && args.is(at, 'TO') && at + 2 < args.count) {
      target = { host: args.text(at + 1), port: args.integer(at + 2) }
      at += 2
    } else if (!forced && args.is(at, 'FORCE')) forced = true
    else throw SYNTAX
  }
  return { target, forced, timeout }
}

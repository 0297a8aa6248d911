/** What servers of Redis OSS and Valkey tell of themselves, of each other and of their clients. */
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { Evidence } from '../evidence.ts'
import type { RespLook } from '../resp-look.ts'
import { type Evident, evident, failure, note, type Told, warning } from './cause.ts'
import { serverClientRows } from './server-clients.ts'
import {
  at,
  errors,
  grown,
  LATELY_S,
  looksOf,
  megabytes,
  number,
  primaryOf,
  redisCli,
  shardOf,
  standing,
  times,
  who,
  whose,
} from './server-looks.ts'

const GUIDE = 'User guide'

export const serverRows: readonly Evident[] = [
  {
    id: 'V01',
    title: 'the password or user that doctor asks with is refused',
    seat: 'node',
    source: `${GUIDE}, "Authenticating users with Role-Based Access Control", "Authenticating with AUTH"`,
    odds: 0.05,
    shows: 'login-refused',
    find: (evidence) => looksOf(evidence).flatMap((look) => (look.refused ? [loginRefused(look, look.refused)] : [])),
  },
  {
    id: 'V02',
    title: 'a script or function holds the server',
    seat: 'node',
    source: 'Redis documentation, "Scripting with Lua": BUSY, SCRIPT KILL',
    odds: 0.03,
    shows: 'held-by-script',
    find: (evidence) =>
      looksOf(evidence).flatMap((look) => {
        if (look.busy === undefined) return []
        const kill =
          /FUNCTION KILL/i.test(look.busy) && !/SCRIPT KILL/i.test(look.busy) ? 'FUNCTION KILL' : 'SCRIPT KILL'
        return [
          failure(
            at(look),
            `A script of a client runs on ${whose(look)} and holds it: all others hear BUSY until it ends.`,
            [
              'End it, if it has not written yet:',
              redisCli(look, ...kill.split(' ')),
              'Make the script do less at a time.',
            ],
            redisCli(look, 'PING'),
          ),
        ]
      }),
  },
  {
    id: 'V03',
    title: 'no node of a shard is its primary, or two are, or not the one that the API names',
    seat: 'cluster',
    source: `${GUIDE}, "Minimizing downtime with Multi-AZ"; ROLE of every node beside DescribeReplicationGroups`,
    odds: 0.04,
    shows: 'primary-unclear',
    find: rolesOf,
  },
  {
    id: 'V04',
    title: 'a replica does not receive what its primary writes',
    seat: 'node',
    source: 'Redis documentation, INFO: master_link_status, master_sync_in_progress; ROLE',
    odds: 0.04,
    shows: 'replica-stale',
    find: staleReplicas,
  },
  {
    id: 'V07',
    title: 'the cluster leads clients to an address that can not be reached from here',
    seat: 'way',
    source: 'Redis documentation, CLUSTER SLOTS, cluster-announce-ip; each address tried from this host',
    odds: 0.05,
    shows: 'announced-dead',
    find: ({ servers }) =>
      (servers?.announced ?? [])
        .filter(({ outcome }) => outcome !== 'connected' && outcome !== 'aborted')
        .map(({ host, port, by, outcome }) => {
          const [first = ''] = by
          const [tellerHost = '', tellerPort = ''] = splitAt(first)
          return failure(
            endpoint(host, port),
            `${first}${by.length > 1 ? ` and ${by.length - 1} more` : ''} ${by.length > 1 ? 'tell' : 'tells'} clients that ${endpoint(host, port)} is of the cluster, and it can not be reached from here (${OUTCOMES[outcome] ?? outcome}): what MOVED leads there fails.`,
            'Run clients where that address is, let the network lead there, or make clients map addresses (natMap of ioredis, address_remap of redis-py). In Docker: cluster-announce-ip and cluster-announce-port. From outside a VPC: cachectl tunnel',
            shell`redis-cli -h ${tellerHost} -p ${tellerPort} CLUSTER SLOTS`,
          )
        }),
  },
  {
    id: 'V10',
    title: 'memory is full, and nothing may be evicted: writes are refused',
    seat: 'node',
    source: `${GUIDE}, "Managing memory"; maxmemory-policy noeviction, errorstat_OOM`,
    odds: 0.05,
    shows: 'no-room',
    find: (evidence) => looksOf(evidence).flatMap(memoryFull),
  },
  {
    id: 'V11',
    title: 'memory is full: keys are thrown out before their time',
    seat: 'node',
    source: `${GUIDE}, "Which metrics should I monitor?": Evictions; INFO: evicted_keys, read twice`,
    odds: 0.05,
    shows: 'evicting-keys',
    find: (evidence) =>
      looksOf(evidence).flatMap((look) => {
        const now = number(look.after, 'evicted_keys') - number(look.before, 'evicted_keys')
        if (now <= 0) return []
        return [
          warning(
            at(look),
            `${who(look)} has thrown out ${now} keys within ${Math.round(look.ms ?? 0)} ms to store others (${look.after?.maxmemory_policy ?? 'maxmemory'}; ${number(look.after, 'evicted_keys')} so far): its memory is full.`,
            'Add shards (cachectl scale), take a larger node type, or let keys expire sooner.',
            redisCli(look, 'INFO', 'stats'),
          ),
        ]
      }),
  },
  {
    id: 'V12',
    title: 'slow commands hold the server up',
    seat: 'node',
    source: 'Redis documentation, "Diagnosing latency issues"; SLOWLOG GET',
    odds: 0.03,
    shows: 'slow-commands',
    find: (evidence) => looksOf(evidence).flatMap(slowCommands),
  },
  ...serverClientRows,
]

export const serverCauses = [
  ...serverRows.map(evident),
  {
    id: 'V16',
    title: 'the user may not look at all of a server',
    seat: 'node' as const,
    source: `${GUIDE}, "Specifying permissions using an access string": NOPERM of what doctor asks`,
    suspect: ({ evidence }: { readonly evidence: Evidence }) =>
      looksOf(evidence)
        .filter(({ unasked }) => unasked.length > 0)
        .map((look) =>
          note(
            at(look),
            `The user ${look.user} may not ask ${whose(look)} for ${look.unasked.join(', ')}: what these tell was not looked at.`,
            'Look as a user that may: cachectl doctor --user <name>',
            redisCli(look, 'ACL', 'WHOAMI'),
          ),
        ),
  },
]

function loginRefused(look: RespLook, { code, text }: NonNullable<RespLook['refused']>): Told {
  const again = shell`cachectl doctor ${look.place.cluster ?? at(look)} --user ${look.user}`
  if (code === 'NOAUTH' && !look.hasPassword) {
    return note(
      at(look),
      `${who(look)} wants a login: what it tells of itself and its clients was not looked at.`,
      [
        'Give doctor a user; it asks for the password:',
        shell`cachectl doctor ${look.place.cluster ?? at(look)} --user default`,
      ],
      redisCli(look, 'PING'),
    )
  }
  if (code === 'LOADING') {
    return failure(
      at(look),
      `${who(look)} is reading its data in and refuses everything until it has (LOADING).`,
      'Wait; let clients try again on LOADING.',
      redisCli(look, 'PING'),
    )
  }
  const why =
    code === 'WRONGPASS' || /WRONGPASS|invalid password|without any password/.test(text)
      ? `the password is wrong, was rotated or has run out (an IAM token lives 15 minutes), or ${look.user} is not in the user group`
      : text
  return failure(
    at(look),
    `${who(look)} does not let ${look.user} in (${code}): ${why}.`,
    ['Look whether the user is there, active and in the group: cachectl describe-users. Then again:', again],
    redisCli(look, 'PING'),
  )
}

function rolesOf(evidence: Evidence): Told[] {
  return evidence.clusters.flatMap((cluster) => {
    const shards = [...new Set(cluster.nodes.flatMap(({ shard }) => shard ?? []))]
    return shards.flatMap((shard): Told[] => {
      const nodes = cluster.nodes.filter((node) => node.shard === shard)
      const looks = looksOf(evidence).filter(
        (look) => look.place.cluster === cluster.id && nodes.some(({ id }) => id === look.place.role) && look.standing,
      )
      const primaries = looks.filter((look) => standing(look) === 'primary').map(({ place }) => place.role)
      const named = nodes.find(({ role }) => role === 'primary')?.id
      const subject = shards.length > 1 ? `shard ${shard} of ${cluster.id}` : cluster.id
      const watch: readonly [string, string] = [
        'Wait until the API and the nodes agree, and see what has happened:',
        shell`cachectl describe-events --source-type replication-group --source-identifier ${cluster.id} --duration 60`,
      ]
      const show = shell`cachectl discover ${cluster.id}`
      if (primaries.length > 1) {
        return [
          failure(
            subject,
            `${primaries.join(' and ')} of ${subject} all say that they are the primary: a failover is in progress, or they have lost each other, and writes to the one that will give way are lost.`,
            watch,
            show,
          ),
        ]
      }
      if (primaries.length === 0 && looks.length > 0) {
        const rest = looks.length < nodes.length ? `, and ${nodes.length - looks.length} of its nodes did not tell` : ''
        return [
          failure(
            subject,
            `No node of ${subject} says that it is the primary${rest}: a failover is in progress, or does not come about, and writes are refused.`,
            watch,
            show,
          ),
        ]
      }
      const own = looks.find(({ place }) => place.role === named)
      if (named === undefined || !own || standing(own) !== 'replica') return []
      return [
        failure(
          subject,
          `The API names ${named} as the primary of ${subject}, and ${primaries.join()} says that it is: a failover is in progress, and clients that go by the API or by names kept are refused (READONLY).`,
          watch,
          show,
        ),
      ]
    })
  })
}

/** Bytes of the primary's stream: more than what is on its way at any time. */
const FAR_BEHIND = 1024 * 1024

function staleReplicas(evidence: Evidence): Told[] {
  const looks = looksOf(evidence)
  const ofReplicas = looks.flatMap((look): Told[] => {
    const { after } = look
    if (after?.role !== 'slave') return []
    const primary = `${after.master_host ?? '?'}:${after.master_port ?? '?'}`
    const since = number(after, 'master_link_down_since_seconds')
    const show = redisCli(look, 'INFO', 'replication')
    if (after.master_link_status === 'down') {
      const long = /^\d+$/.test(after.master_link_down_since_seconds ?? '') ? ` for ${since} s` : ''
      return after.master_sync_in_progress === '1'
        ? [
            warning(
              at(look),
              `${who(look)} takes all data over from its primary (${primary}) at this moment: until it has, it answers with old data or none.`,
              'Wait. If it begins again and again, the output buffer for replicas is too small for what is written meanwhile: raise client-output-buffer-limit-replica-* of the parameter group.',
              show,
            ),
          ]
        : [
            failure(
              at(look),
              `${who(look)} has had no link to its primary (${primary})${long}: what it answers is old.`,
              `Look whether the primary runs and lets it in. Meanwhile read from others: clients that go to the reader endpoint get old data.`,
              show,
            ),
          ]
    }
    const behind = Math.min(lag(evidence, look, 'before'), lag(evidence, look, 'after'))
    return behind < FAR_BEHIND
      ? []
      : [
          warning(
            at(look),
            `${who(look)} is ${(behind / FAR_BEHIND).toFixed(1)} MB behind its primary (${primary}): what it answers is old.`,
            'Write less at a time, take a larger node type, or read from the primary what must be new.',
            show,
          ),
        ]
  })
  return [...ofReplicas, ...unknownReplicas(evidence)]
}

function lag(evidence: Evidence, look: RespLook, when: 'before' | 'after'): number {
  const primary = primaryOf(evidence, look)?.[when]
  return primary ? number(primary, 'master_repl_offset') - number(look[when], 'slave_repl_offset') : 0
}

/** Primaries that have fewer replicas than the API tells of, though each replica that was asked has a link. */
function unknownReplicas(evidence: Evidence): Told[] {
  return looksOf(evidence).flatMap((look): Told[] => {
    const cluster = evidence.clusters.find(({ id, group }) => group && id === look.place.cluster)
    const shard = shardOf(evidence, look)
    if (!cluster || shard === undefined || look.after?.role !== 'master' || cluster.status !== 'available') return []
    const replicas = cluster.nodes.filter((node) => node.shard === shard && node.id !== look.place.role)
    const has = number(look.after, 'connected_slaves')
    const looks = looksOf(evidence).filter(({ place }) => replicas.some(({ id }) => id === place.role))
    const allLinked = looks.every(({ after }) => after?.role === 'slave' && after.master_link_status === 'up')
    if (has >= replicas.length || replicas.some(({ status }) => status !== 'available') || !allLinked) return []
    return [
      warning(
        at(look),
        `${who(look)} has ${has} ${has === 1 ? 'replica' : 'replicas'}, and the API tells of ${replicas.length} (${replicas.map(({ id }) => id).join(', ')}): what one of them answers is old.`,
        ['See what each node says:', shell`cachectl discover ${cluster.id}`],
        redisCli(look, 'INFO', 'replication'),
      ),
    ]
  })
}

const splitAt = (where: string): readonly [string, string] => {
  const colon = where.lastIndexOf(':')
  return [where.slice(0, colon).replace(/[[\]]/g, ''), where.slice(colon + 1)]
}

const OUTCOMES: Readonly<Record<string, string>> = {
  'no-address': 'the name has no address here',
  timeout: 'no answer',
  refused: 'connection refused',
  unreachable: 'no route',
}

function memoryFull(look: RespLook): Told[] {
  const { after } = look
  const [most, used] = [number(after, 'maxmemory'), number(after, 'used_memory')]
  const counted = used - number(after, 'mem_not_counted_for_evict')
  const policy = after?.maxmemory_policy ?? ''
  const [refused, now] = [errors(look, 'OOM'), grown(look, 'OOM')]
  // Replicas go by what their primary does.
  const isFull = policy === 'noeviction' && most > 0 && counted >= most && standing(look) !== 'replica'
  if (now === 0 && !isFull) {
    return refused === 0
      ? []
      : [
          note(
            at(look),
            `${who(look)} has refused ${times(refused)} to store for lack of memory (OOM); it has room now.`,
            'Take a larger node type, let keys expire, or let it evict.',
            redisCli(look, 'INFO', 'memory'),
          ),
        ]
  }
  const group = 'maxmemory-policy allkeys-lru in the parameter group'
  return [
    failure(
      at(look),
      `${who(look)} is full (${megabytes(counted)} of ${megabytes(most)}) and ${policy === 'noeviction' ? 'may evict nothing' : 'finds nothing that it may evict'} (${policy}): writes are refused with OOM${refused > 0 ? `, ${refused} so far` : ''}.`,
      `Let it evict (${group}), let keys expire, add shards (cachectl scale), or take a larger node type.`,
      redisCli(look, 'INFO', 'memory'),
    ),
  ]
}

/** What asks for much at once, and what asks for less; others are slow where the machine is. */
const INSTEAD: Readonly<Record<string, string>> = {
  KEYS: 'SCAN goes through keys in steps.',
  LRANGE: 'Ask for pages of the list.',
  SMEMBERS: 'SSCAN goes through the set in steps.',
  HGETALL: 'HSCAN or HMGET ask for less of the hash.',
  ZRANGE: 'Ask for pages of the sorted set.',
  SORT: 'Sort in the client, or keep a sorted set.',
  EVAL: 'Let scripts do less at a time.',
  EVALSHA: 'Let scripts do less at a time.',
  FCALL: 'Let functions do less at a time.',
  FLUSHALL: 'FLUSHALL ASYNC frees memory in the background.',
  FLUSHDB: 'FLUSHDB ASYNC frees memory in the background.',
  DEL: 'UNLINK frees memory in the background.',
  SUNION: 'Ask for smaller sets.',
  SINTER: 'Ask for smaller sets.',
  SDIFF: 'Ask for smaller sets.',
}

/** In all, of the last minute: of those that ask for much, and of all others. */
const [MUCH_MS, VERY_MUCH_MS] = [100, 2000]

function slowCommands(look: RespLook): Told[] {
  const byName = new Map<string, { ms: number; count: number; worst: NonNullable<RespLook['slow']>[number] }>()
  for (const call of look.slow ?? []) {
    const name = (call.command.split(' ')[0] ?? '').toUpperCase()
    if (call.ageS >= LATELY_S) continue
    const known = byName.get(name) ?? { ms: 0, count: 0, worst: call }
    const worst = call.ms > known.worst.ms ? call : known.worst
    byName.set(name, { ms: known.ms + call.ms, count: known.count + 1, worst })
  }
  const [worst] = [...byName]
    .filter(([name, { ms }]) => ms >= (name in INSTEAD ? MUCH_MS : VERY_MUCH_MS))
    .sort(([, a], [, b]) => b.ms - a.ms)
  if (!worst) return []
  const [name, { ms, count, worst: call }] = worst
  return [
    warning(
      at(look),
      `${name} has held ${whose(look)} up for ${Math.round(ms)} ms within the last minute (${times(count)}, the longest ${Math.round(call.ms)} ms: ${call.command}, from ${call.from || 'a client'}): all others waited.`,
      INSTEAD[name] ?? 'Ask for less at once.',
      redisCli(look, 'SLOWLOG', 'GET', '10'),
    ),
  ]
}

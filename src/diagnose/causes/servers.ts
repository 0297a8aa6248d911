/** What servers of Redis OSS and Valkey tell of themselves, of each other and of their clients. */
import { commandsOf } from '../../acl/commands.ts'
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { Evidence } from '../evidence.ts'
import { type Denied, isDoctors, type RespClientSeen, type RespLook } from '../resp-look.ts'
import { type Evident, evident, failure, note, type Told, warning } from './cause.ts'
import { whoIs } from './places.ts'

const GUIDE = 'User guide'
/** In a row of what servers refuse: one may be a slip of a client that knows better. */
const SEVERAL = 3
/** ACL LOG and SLOWLOG keep entries for days. */
const LATELY_S = 60

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
    id: 'V05',
    title: 'clients write to a replica',
    seat: 'program',
    source: `${GUIDE}, "Finding connection endpoints": writes go to the primary endpoint; INFO errorstats: READONLY`,
    odds: 0.05,
    shows: 'replica-written',
    find: (evidence) =>
      looksOf(evidence).flatMap((look) => {
        const all = errors(look, 'READONLY')
        if (all === 0) return []
        const primary = primaryOf(evidence, look)
        const use = primary
          ? `the primary is ${endpoint(primary.address, primary.port)}`
          : 'writes go to the primary endpoint'
        if (grown(look, 'READONLY') === 0) {
          return standing(look) === 'replica'
            ? [
                note(
                  at(look),
                  `Clients have written to ${whose(look)}, a replica, ${times(all)} since its start: READONLY. None does now.`,
                  `If they are still there: ${use}.`,
                  redisCli(look, 'INFO', 'errorstats'),
                ),
              ]
            : []
        }
        return [
          failure(
            at(look),
            `Clients write to ${whose(look)}, which is a replica: ${rate(look, 'READONLY')} refused with READONLY${writersAt(look)}.`,
            `Let them use the primary endpoint: ${use}; clients that keep connections open connect again on READONLY, and keep no address longer than its TTL.`,
            redisCli(look, 'INFO', 'errorstats'),
          ),
        ]
      }),
  },
  {
    id: 'V06',
    title: 'clients without cluster mode ask a cluster',
    seat: 'program',
    source: 'Redis documentation, "Redis cluster specification": MOVED, CROSSSLOT',
    odds: 0.05,
    shows: 'not-of-cluster-mode',
    find: (evidence) => looksOf(evidence).flatMap(clusterStrangers),
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
    id: 'V08',
    title: 'clients fail to log in',
    seat: 'program',
    source: `${GUIDE}, "Authenticating users with Role-Based Access Control"; INFO errorstats and ACL LOG`,
    odds: 0.05,
    shows: 'logins-fail',
    find: (evidence) => looksOf(evidence).flatMap(failedLogins),
  },
  {
    id: 'V09',
    title: 'a user may not do what its clients ask',
    seat: 'program',
    source: `${GUIDE}, "Specifying permissions using an access string"; INFO errorstats and ACL LOG: NOPERM`,
    odds: 0.05,
    shows: 'permission-lacking',
    find: (evidence) => looksOf(evidence).flatMap((look) => lackedPermissions(look, evidence)),
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
  {
    id: 'V13',
    title: 'a client does not read what it asked for: its output buffer fills',
    seat: 'program',
    source: 'Redis documentation, "Redis clients": output buffer limits; CLIENT LIST: omem',
    odds: 0.03,
    shows: 'output-waits',
    find: (evidence) => looksOf(evidence).flatMap(fullBuffers),
  },
  {
    id: 'V14',
    title: 'a MONITOR is left open',
    seat: 'program',
    source: 'Redis documentation, MONITOR: cost of running it',
    odds: 0.03,
    shows: 'monitored',
    find: (evidence) =>
      looksOf(evidence).flatMap((look) => {
        const monitors = (look.clients ?? []).filter(({ flags }) => flags.includes('O'))
        if (monitors.length === 0) return []
        return [
          warning(
            at(look),
            `${clientsText(monitors)} ${monitors.length > 1 ? 'run' : 'runs'} MONITOR at ${whose(look)}: every command of every client is copied to it, which costs half of what the node can do.`,
            ['End it:', monitors.map(({ address }) => redisCli(look, 'CLIENT', 'KILL', 'ADDR', address)).join('; ')],
            redisCli(look, 'CLIENT', 'LIST'),
          ),
        ]
      }),
  },
  {
    id: 'V15',
    title: 'clients ask a cluster for another database than 0',
    seat: 'program',
    source: `${GUIDE}, "Choosing between cluster mode enabled and disabled": one database; INFO commandstats: select`,
    odds: 0.03,
    shows: 'other-database',
    find: (evidence) =>
      looksOf(evidence).flatMap((look) => {
        if (look.after?.cluster_enabled !== '1') return []
        const [before, after] = [selectFailures(look.before), selectFailures(look.after)]
        if (after === 0) return []
        const tell = after > before ? failure : note
        return [
          tell(
            at(look),
            `Clients ask ${whose(look)} for a database that there is not (SELECT was refused ${times(after)}${after > before ? `, ${times(after - before)} just now` : ''}): in cluster mode there is database 0 alone.`,
            'Leave the number out of their URL (redis://host:port/1) and settings (db, database); tell what was apart by a prefix of the keys, or use a group without cluster mode.',
            redisCli(look, 'INFO', 'commandstats'),
          ),
        ]
      }),
  },
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

const looksOf = ({ servers }: Evidence): readonly RespLook[] => servers?.looks ?? []
const at = ({ address, port }: RespLook): string => endpoint(address, port)
const who = (look: RespLook): string => whoIs(look.place, at(look))
const whose = (look: RespLook): string => who(look).replace(/^(Node|The) /, (word) => word.toLowerCase())
const standing = ({ standing: own }: RespLook): string | undefined => own?.role

/** To be pasted: asks as the same user. */
const redisCli = ({ address, port, place, user, hasPassword }: RespLook, ...words: readonly string[]): string => {
  const tls = place.tls ? ['--tls'] : []
  const login = hasPassword ? ['--user', user, '--askpass'] : []
  return shell`redis-cli -h ${address} -p ${port} ${[...tls, ...login]} ${words}`.replace(/ {2,}/g, ' ')
}

/** `count=5` and `5` alike. */
const number = (info: RespLook['after'], name: string): number => Number(/\d+/.exec(info?.[name] ?? '')?.[0] ?? 0)
const errors = (look: RespLook, code: string): number => number(look.after, `errorstat_${code}`)
const grown = (look: RespLook, code: string): number => errors(look, code) - number(look.before, `errorstat_${code}`)

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
const rate = (look: RespLook, code: string): string => `${grown(look, code)} within ${Math.round(look.ms ?? 0)} ms`

const MOST_NAMED = 3
function clientsText(clients: readonly RespClientSeen[]): string {
  const named = clients
    .slice(0, MOST_NAMED)
    .map(
      ({ address, name, user }) =>
        `${address}${name === '' ? '' : ` (${name})`}${user === '' || user === 'default' ? '' : ` as ${user}`}`,
    )
  const more = clients.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Those whose last command writes; or whoever is connected, where none is caught at it. */
function writersAt(look: RespLook): string {
  const { clients = [] } = look
  const { categoriesOf } = commandsOf(look.after?.valkey_version === undefined ? 'redis' : 'valkey')
  const writers = clients.filter(({ command }) => categoriesOf.get(command)?.has('write'))
  if (writers.length > 0) return `, by ${clientsText(writers)}`
  return clients.length > 0 ? `; connected are ${clientsText(clients)}` : ''
}

const shardOf = ({ clusters }: Evidence, { place }: RespLook): string | undefined =>
  clusters.find(({ id }) => id === place.cluster)?.nodes.find(({ id }) => id === place.role)?.shard

const primaryOf = (evidence: Evidence, look: RespLook): RespLook | undefined =>
  looksOf(evidence).find(
    (other) =>
      other.place.cluster === look.place.cluster &&
      shardOf(evidence, other) === shardOf(evidence, look) &&
      standing(other) === 'primary',
  )

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

function clusterStrangers(look: RespLook): Told[] {
  const [moved, cross] = [grown(look, 'MOVED'), grown(look, 'CROSSSLOT')]
  if (cross === 0 && moved < SEVERAL) return []
  // Clients of a cluster ask where keys are, once they were led on.
  const asksWhere = ['slots', 'shards', 'nodes'].some(
    (sub) => number(look.after, `cmdstat_cluster|${sub}`) > number(look.before, `cmdstat_cluster|${sub}`),
  )
  if (cross === 0 && asksWhere) return []
  const parts = [
    ...(moved > 0 ? [`${moved} times MOVED`] : []),
    ...(cross > 0 ? [`${cross} times CROSSSLOT`] : []),
  ].join(' and ')
  const fixes = [
    ...(moved > 0
      ? [
          'Turn cluster mode on in the client (redis.cluster.RedisCluster, new Cluster of ioredis, createCluster, redis-cli -c).',
        ]
      : []),
    ...(cross > 0
      ? [
          'Keys of one command have to be in one slot: give them the same hash tag ({user1}:a {user1}:b), or ask for each by itself.',
        ]
      : []),
  ]
  return [
    failure(
      at(look),
      `Clients that know nothing of cluster mode ask ${whose(look)}: within ${Math.round(look.ms ?? 0)} ms they were refused ${parts}${connected(look)}.`,
      fixes.join(' '),
      redisCli(look, 'INFO', 'errorstats'),
    ),
  ]
}

const connected = ({ clients = [] }: RespLook): string =>
  clients.length === 0 ? '' : `; connected are ${clientsText(clients)}`

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

/** Entries of the last minute. Not what doctor itself was refused, this time or before. */
const deniedLately = (look: RespLook, isIt: (entry: Denied) => boolean): Denied[] =>
  (look.denied ?? []).filter((entry) => entry.ageS < LATELY_S && isIt(entry) && !isDoctors(entry, look.user))

/** One, of the last minute, is a slip; the servers of a group themselves may be refused once while they come up. */
const areSeveral = (entries: readonly Denied[]): boolean =>
  entries.reduce((sum, { count }) => sum + count, 0) >= SEVERAL
const graveIf = (isGrave: boolean) => (isGrave ? failure : note)

const names = (entries: readonly Denied[], of: (entry: Denied) => string): string =>
  [...new Set(entries.map(of))].slice(0, MOST_NAMED).join(', ')
const from = (entries: readonly Denied[]): string => {
  const hosts = names(
    entries.filter((entry) => entry.from !== undefined),
    (entry) => entry.from ?? '',
  )
  return hosts === '' ? '' : `, from ${hosts}`
}

/** The user of the local engine itself, which is refused until a server that comes up has its users. */
const ENGINES_OWN = 'cachectl'

function failedLogins(look: RespLook): Told[] {
  const entries = deniedLately(look, ({ reason, user }) => reason === 'auth' && user !== ENGINES_OWN)
  const [wrong, none] = [grown(look, 'WRONGPASS'), grown(look, 'NOAUTH')]
  const show = redisCli(look, 'ACL', 'LOG')
  if (entries.length > 0 || wrong > 0) {
    const users = names(entries, ({ user }) => user)
    return [
      graveIf(wrong > 0 || areSeveral(entries))(
        at(look),
        `Clients fail to log in at ${whose(look)} (WRONGPASS)${users === '' ? `, ${wrong} within ${Math.round(look.ms ?? 0)} ms` : `: as ${users}${from(entries)}`}.`,
        'The password is wrong or was rotated, an IAM token has run out (15 minutes), or the user is not in the group: cachectl describe-users tells which are, and whether they are active.',
        show,
      ),
    ]
  }
  if (none === 0) return []
  return [
    failure(
      at(look),
      `Clients ask ${whose(look)} without having logged in: NOAUTH, ${none} within ${Math.round(look.ms ?? 0)} ms${connected(look)}.`,
      'Give them the user and its password, or the AUTH token; clients that connect again have to log in again.',
      redisCli(look, 'INFO', 'errorstats'),
    ),
  ]
}

const LACKS: Readonly<Record<string, (entry: Denied) => string>> = {
  command: ({ object }) => `+${object.toLowerCase()}`,
  key: ({ object }) => `~${object}`,
  channel: ({ object }) => `&${object}`,
}

const lackOf = (entry: Denied): string => LACKS[entry.reason]?.(entry) ?? entry.object

function lackedPermissions(look: RespLook, { api }: Evidence): Told[] {
  const entries = deniedLately(look, ({ reason }) => reason in LACKS)
  const count = grown(look, 'NOPERM')
  if (entries.length === 0 && count === 0) return []
  const [first] = entries
  if (!first) {
    return [
      failure(
        at(look),
        `Clients ask ${whose(look)} for what their user may not: NOPERM, ${count} within ${Math.round(look.ms ?? 0)} ms${connected(look)}.`,
        'See who lacks what, as a user that may ask ACL LOG, and grant it: cachectl modify-user',
        redisCli(look, 'ACL', 'LOG'),
      ),
    ]
  }
  const user = api?.users?.find(({ name }) => name === first.user)
  const lacking = [...new Set(entries.filter((entry) => entry.user === first.user).map(lackOf))].slice(0, MOST_NAMED)
  const has = user ? ` It has "${user.access}".` : ''
  const grant: Parameters<typeof failure>[2] = user
    ? ['Grant it:', shell`cachectl modify-user --user-id ${user.id} --append-access-string ${lacking.join(' ')}`]
    : `Add ${lacking.join(' ')} to its access string: cachectl modify-user`
  return [
    graveIf(count > 0 || areSeveral(entries))(
      at(look),
      `The user ${first.user} lacks ${lacking.join(', ')} at ${whose(look)}: its clients are refused with NOPERM (${first.reason} ${first.object})${from(entries)}.${has}`,
      grant,
      redisCli(look, 'ACL', 'LOG'),
    ),
  ]
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

const megabytes = (bytes: number): string => `${+(bytes / 1024 / 1024).toFixed(1)} MB`

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

/** More than an answer to an ordinary question. */
const MUCH_WAITING = 1024 * 1024

function fullBuffers(look: RespLook): Told[] {
  const slow = (look.clients ?? []).filter(({ waiting, flags }) => waiting >= MUCH_WAITING && !flags.includes('O'))
  const name = 'client_output_buffer_limit_disconnections'
  const cut = number(look.after, name) - number(look.before, name)
  if (slow.length === 0 && cut <= 0) return []
  const waiting = slow.reduce((sum, client) => sum + client.waiting, 0)
  const parts = [
    ...(slow.length > 0
      ? [
          `${megabytes(waiting)} of answers wait at ${whose(look)} for ${clientsText(slow)} (last ${slow[0]?.command}), which ${slow.length > 1 ? 'do' : 'does'} not read them`,
        ]
      : []),
    ...(cut > 0 ? [`${whose(look)} has ended ${cut} connections just now whose output buffer was full`] : []),
  ]
  const [first = ''] = parts
  return [
    warning(
      at(look),
      `${[first.replace(/^./, (letter) => letter.toUpperCase()), ...parts.slice(1)].join('; ')}.`,
      'Let these clients read on, ask for less at once, or subscribe to less; limits are client-output-buffer-limit-* of the parameter group.',
      redisCli(look, 'CLIENT', 'LIST'),
    ),
  ]
}

const selectFailures = (info: RespLook['after']): number => {
  const line = info?.cmdstat_select ?? ''
  return ['rejected_calls', 'failed_calls'].reduce(
    (sum, field) => sum + Number(new RegExp(`${field}=(\\d+)`).exec(line)?.[1] ?? 0),
    0,
  )
}

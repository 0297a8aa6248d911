/** What servers of Redis OSS and Valkey tell of their clients. */
import { commandsOf } from '../../acl/commands.ts'
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { Evidence } from '../evidence.ts'
import { type Denied, isDoctors, type RespLook } from '../resp-look.ts'
import { type Evident, failure, note, type Told, warning } from './cause.ts'
import {
  at,
  clientsText,
  errors,
  grown,
  LATELY_S,
  looksOf,
  MOST_NAMED,
  megabytes,
  number,
  primaryOf,
  rate,
  redisCli,
  standing,
  times,
  whose,
} from './server-looks.ts'

const GUIDE = 'User guide'
/** In a row of what servers refuse: one may be a slip of a client that knows better. */
const SEVERAL = 3

export const serverClientRows: readonly Evident[] = [
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

/** Those whose last command writes; or whoever is connected, where none is caught at it. */
function writersAt(look: RespLook): string {
  const { clients = [] } = look
  const { categoriesOf } = commandsOf(look.after?.valkey_version === undefined ? 'redis' : 'valkey')
  const writers = clients.filter(({ command }) => categoriesOf.get(command)?.has('write'))
  if (writers.length > 0) return `, by ${clientsText(writers)}`
  return clients.length > 0 ? `; connected are ${clientsText(clients)}` : ''
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

/** Programs of this host that listen where a node is meant, or hold connections that do not lead anywhere. */
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { Client, Listener } from '../programs-here.ts'
import { type Cause, failure, type Seen, type Suspicion, shows, warning } from './cause.ts'
import { duration } from './durations.ts'
import { at, inMidSentence, name, who } from './places.ts'
import type { Sign } from './sign.ts'
import { deadOf, listenerAt, programAt, versionOf } from './signs/programs.ts'

export const clientCauses: readonly Cause[] = [
  {
    id: 'P12',
    title: 'the server is a process of this host that a signal holds',
    seat: 'node',
    source: 'proc(5): state T; the kernel takes connections for it meanwhile',
    odds: 0.02,
    suspect: (seen) =>
      byProcess(seen, seen.of('listener-held')).map(([listener, signs]) => {
        const where = [...new Set(signs.map((sign) => sign.at))]
        return {
          ...failure(
            where.join(', '),
            `${where.join(', ')} ${where.length === 1 ? 'is' : 'are'} served by ${listener.name} (pid ${listener.pid}), which is stopped by a signal: the kernel takes connections for it, and nothing answers.`,
            ['Let it go on:', `kill -CONT ${listener.pid}`],
            `ps -o pid,stat,lstart,args -p ${listener.pid}`,
          ),
          explains: [
            ...shows(0.99, ...signs),
            ...shows(0.95, ...where.flatMap((each) => seen.at(each, 'silent', 'unacknowledged', 'timeout'))),
          ],
        }
      }),
  },
  {
    id: 'P13',
    title: 'a Memcached of the system has the port where a node of the cluster is meant',
    seat: 'node',
    source: 'Measured: plain Memcached answers ERROR to config get cluster',
    odds: 0.03,
    suspect: (seen) => otherServers(seen),
  },
  {
    id: 'P10',
    title: 'a client program here has no room for more open files',
    seat: 'program',
    source: 'setrlimit(2): EMFILE; /proc/<pid>/limits',
    odds: 0.03,
    suspect: (seen) =>
      clientsWith(seen, 'files-used-up', 'few-files').map(({ client, signs }) => {
        const isFull = signs.some(({ kind }) => kind === 'files-used-up')
        const { used = 0, soft = 0 } = client.openFiles ?? {}
        return {
          ...(isFull ? failure : warning)(
            programAt(client),
            `${programAt(client)} has ${used} of ${soft} files open, its connections to the cache among them: ${isFull ? 'it can open no other' : 'it will soon find none'}.`,
            `Now: ${shell`prlimit --pid ${client.pid} --nofile=65536:65536`}. For good: LimitNOFILE=65536 in its service; and let it share connections.`,
            `ls /proc/${client.pid}/fd | wc -l; grep 'open files' /proc/${client.pid}/limits`,
          ),
          explains: shows(0.99, ...signs),
        }
      }),
  },
  {
    id: 'P11',
    title: 'a program here holds connections to addresses of nodes that are gone',
    seat: 'program',
    source: 'User guide, "Best practices": clients that keep the addresses they once looked up',
    odds: 0.03,
    suspect: (seen) =>
      clientsWith(seen, 'holds-dead').map(({ client, signs }) => {
        const dead = deadOf(seen.evidence, client)
        const where = dead.map(({ address, port }) => endpoint(address, port)).join(', ')
        const count = dead.reduce((sum, each) => sum + each.count, 0)
        return {
          ...warning(
            programAt(client),
            `${programAt(client)}, started ${sinceOf(seen, client)}, holds ${count} connection${count === 1 ? '' : 's'} to ${where}: no place that was asked for has that address, and it takes no connection.`,
            'Restart it, so that it looks the names up again; for good, let it discover nodes, or look names up at each new connection.',
            shell`ss -tnp | grep pid=${client.pid},`,
          ),
          explains: shows(0.99, ...signs),
        }
      }),
  },
]

/** Signs of one process at several places are one matter. */
function byProcess(seen: Seen, signs: readonly Sign[]): [Listener, Sign[]][] {
  const found = new Map<number, [Listener, Sign[]]>()
  for (const sign of signs) {
    const listener = sign.address && listenerAt(seen.evidence, sign.address)
    if (listener?.pid === undefined) continue
    const known = found.get(listener.pid) ?? [listener, []]
    known[1].push(sign)
    found.set(listener.pid, known)
  }
  return [...found.values()]
}

const otherServers = (seen: Seen): Suspicion[] => {
  const signs = seen.of('listener-other', 'other-version')
  const places = [...new Map(signs.flatMap(({ address }) => (address ? [[at(address), address]] : []))).values()]
  return places.map((one) => {
    const listener = seen.at(at(one), 'listener-other').length > 0 ? listenerAt(seen.evidence, one) : undefined
    const cluster = one.place.cluster ?? ''
    const version = versionOf(one)
    const process = listener
      ? `, ${listener.name} (pid ${listener.pid}, started ${listener.startedAt?.slice(0, 19)}Z),`
      : ''
    return {
      ...failure(
        at(one),
        `A plain Memcached${version === undefined ? '' : ` ${version}`}${process} answers where ${inMidSentence(who(one))} is meant: it knows no cluster.`,
        listener?.pid !== undefined
          ? [
              'Move it to another port, or end it (where it is a service: systemctl disable --now memcached):',
              shell`kill ${listener.pid}; cachectl engine stop; cachectl engine start`,
            ]
          : `What is written there is lost to the cluster: find what listens (ss -ltnp sport = :${one.port}) and what ${cluster} is to be reached at: ${shell`cachectl endpoints ${cluster}`}`,
        shell`cachectl discover ${at(one)}`,
      ),
      explains: [
        ...shows(0.99, ...seen.at(at(one), 'listener-other')),
        ...shows(0.9, ...seen.at(at(one), 'other-version')),
        ...shows(0.95, ...seen.at(name(one.place), 'no-list'), ...seen.at(at(one), 'no-list')),
        ...shows(0.5, ...seen.at(cluster, 'list-unlike-api', 'not-available', 'in-change')),
        ...shows(0.5, ...seen.at(`${cluster} ${one.place.role}`, 'node-not-available')),
      ],
    }
  })
}

function clientsWith(seen: Seen, ...kinds: readonly Sign['kind'][]): { client: Client; signs: readonly Sign[] }[] {
  return (seen.evidence.programs?.clients ?? []).flatMap((client) => {
    const signs = seen.at(programAt(client), ...kinds)
    return signs.length > 0 ? [{ client, signs }] : []
  })
}

const sinceOf = ({ evidence }: Seen, { startedAt }: Client): string =>
  evidence.at === undefined
    ? startedAt
    : `${duration(Math.max(1000, Date.parse(evidence.at) - Date.parse(startedAt)))} ago`

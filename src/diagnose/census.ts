/** The processes of this host that are connected to each node, and how much room is left. Pure. */
import { NODE_CONNECTIONS } from '../api/catalog/cache-node.ts'
import { endpoint, type Family } from '../net/target.ts'
import type { ConnectionLoad } from './connection-load.ts'
import type { Finding } from './finding.ts'
import type { LocalLimits } from './local-limits.ts'
import { portCapacity } from './local-limits.ts'
import type { OpenFiles } from './processes.ts'
import type { TcpSocket, TcpState } from './sockets.ts'

/** One address clients connect to. */
export interface Destination {
  /** `0001`, `configuration`, `given`; several where they share the address. */
  readonly role: string
  readonly cluster?: string
  readonly host: string
  readonly address: string
  readonly family: Family
  readonly port: number
}

/** The process that holds a socket. Without `pid`: one of another user, or, with `kernel`, none any more. */
export interface Holder {
  readonly pid?: number
  readonly name?: string
  readonly user?: string
  readonly kernel?: true
}

/** JSON-able. */
export interface DestinationCensus extends Destination {
  readonly total: number
  readonly states: Readonly<Partial<Record<TcpState, number>>>
  readonly holders: readonly (Holder & { readonly connections: number })[]
  /** The source address that has used up most of its ports for this destination. Absent where that can't be known. */
  readonly ports?: { readonly source: string; readonly used: number; readonly capacity: number }
  readonly load?: ConnectionLoad
  /** Why there is no `load`. */
  readonly loadProblem?: string
  /** The code it refused with, where that is why: `NOAUTH`. */
  readonly loadRefusal?: string
}

export interface ProcessCensus {
  readonly pid: number
  readonly name: string
  readonly user: string
  readonly connections: number
  readonly openFiles?: OpenFiles
}

/** Counts the sockets of each destination. `holderOf` gives the process of a socket. */
export function countConnections(
  destinations: readonly Destination[],
  limits: LocalLimits,
  holderOf: (socket: TcpSocket) => Holder,
): DestinationCensus[] {
  const capacity = portCapacity(limits)
  return destinations.map((destination) => {
    const { address, port } = destination
    // IPv4-mapped sockets (Java, dual-stack programs) are written as IPv4: they count here too.
    const own = limits.sockets.filter((each) => each.remoteAddress === address && each.remotePort === port)
    const ports = capacity === undefined ? undefined : fullestSource(own, limits, capacity)
    return {
      ...destination,
      total: own.length,
      states: tally(own, ({ state }) => state),
      holders: holdersOf(own, holderOf),
      ...(ports && { ports }),
    }
  })
}

function holdersOf(
  sockets: readonly TcpSocket[],
  holderOf: (socket: TcpSocket) => Holder,
): DestinationCensus['holders'] {
  const counted = new Map<string, Holder & { connections: number }>()
  for (const socket of sockets) {
    const holder = holderOf(socket)
    const key = JSON.stringify(holder)
    const known = counted.get(key)
    if (known) known.connections++
    else counted.set(key, { ...holder, connections: 1 })
  }
  return [...counted.values()].sort((a, b) => b.connections - a.connections)
}

/** A port of the range is taken per source address, destination address and destination port, in whatever state. */
function fullestSource(
  sockets: readonly TcpSocket[],
  { portRange }: LocalLimits,
  capacity: number,
): DestinationCensus['ports'] | undefined {
  if (!portRange) return undefined
  const [low, high] = portRange
  const perSource = tally(
    sockets.filter(({ localPort }) => localPort >= low && localPort <= high),
    ({ localAddress }) => localAddress,
  )
  const [fullest] = Object.entries(perSource).sort(([, a], [, b]) => b - a)
  return fullest ? { source: fullest[0], used: fullest[1], capacity } : undefined
}

function tally<T, K extends string>(values: readonly T[], keyOf: (value: T) => K): Record<K, number> {
  const counted = {} as Record<K, number> // K is wider than what occurs: callers read what they know to be there
  for (const value of values) counted[keyOf(value)] = (counted[keyOf(value)] ?? 0) + 1
  return counted
}

const NEARLY = 0.8
const NODE_NEARLY = 0.9
/** As many closed within a minute are no accident. */
const MANY_CLOSED = 50
const MANY_FORGOTTEN = 20

/** What is used up, or will be. Ids are those of the doctor's rules about limits. */
export function judgeConnections(
  counted: readonly DestinationCensus[],
  processes: readonly ProcessCensus[],
  { conntrack }: LocalLimits,
): Finding[] {
  return [
    ...counted.flatMap(judgeDestination),
    ...processes.flatMap(({ pid, name, openFiles }): Finding[] =>
      openFiles?.used !== undefined && openFiles.used >= openFiles.soft * NEARLY
        ? [
            {
              id: 'L06',
              severity: openFiles.used >= openFiles.soft ? 'failure' : 'warning',
              subject: `${name} (${pid})`,
              sentence: `${name} (${pid}) has ${openFiles.used} of ${openFiles.soft} files open; each connection is one.`,
              hint: 'Raise its limit (LimitNOFILE of its service, ulimit -n), or let it share connections.',
              evidence: `ls /proc/${pid}/fd | wc -l; grep 'open files' /proc/${pid}/limits`,
            },
          ]
        : [],
    ),
    ...(conntrack && conntrack.max > 0 && conntrack.count > conntrack.max * NODE_NEARLY
      ? [
          {
            id: 'L07',
            severity: 'warning' as const,
            subject: 'conntrack',
            sentence: `${conntrack.count} of ${conntrack.max} tracked connections are in use on this host; beyond, packets are dropped.`,
            hint: 'sysctl -w net.netfilter.nf_conntrack_max=..., or exempt the cache ports from tracking.',
            evidence: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
          },
        ]
      : []),
  ]
}

function judgeDestination({ address, port, family, states, ports, load }: DestinationCensus): Finding[] {
  const where = endpoint(address, port)
  const found: Finding[] = []
  const say = (id: string, severity: Finding['severity'], sentence: string, hint: string, evidence: string): void => {
    found.push({ id, severity, subject: where, sentence, hint, evidence })
  }
  // ss finds an IPv6 address only in brackets.
  const filter = `dst ${family === 6 ? `[${address}]` : address} dport = :${port}`
  if (ports && ports.used >= ports.capacity * NEARLY) {
    say(
      'L01',
      ports.used >= ports.capacity ? 'failure' : 'warning',
      `${ports.used} of ${ports.capacity} ports of ${ports.source} are in use for ${where}.`,
      'Keep connections open and share them. Meanwhile: sysctl -w net.ipv4.ip_local_port_range="1024 65535"; net.ipv4.tcp_tw_reuse=1',
      `ss -Htan ${filter} | wc -l`,
    )
  }
  const most = load?.maxConnections
  if (load && most !== undefined && load.connections >= most * NODE_NEARLY) {
    const full = load.connections >= most
    const sentence = `${where} has ${load.connections} of at most ${most} connections${full ? ' and takes no more' : ''}.`
    const stats = `printf 'stats\\r\\n' | nc -w 2 ${address} ${port} | grep connections`
    say('L03', full ? 'failure' : 'warning', sentence, 'Pool connections, close idle ones, or add nodes.', stats)
  }
  const closed = states['TIME-WAIT'] ?? 0
  if (closed >= Math.max(MANY_CLOSED, (ports?.capacity ?? 0) / 10)) {
    const sentence = `${closed} connections to ${where} were closed within the last minute: a connection for every request.`
    say(
      'L04',
      'warning',
      sentence,
      'Use a pool of persistent connections.',
      `ss -Htan state time-wait ${filter} | wc -l`,
    )
  }
  const forgotten = states['CLOSE-WAIT'] ?? 0
  if (forgotten >= MANY_FORGOTTEN) {
    say(
      'L05',
      'warning',
      `${forgotten} connections to ${where} are in CLOSE-WAIT: the node closed them, a program here did not.`,
      'Find the program and let it close what it no longer uses.',
      `ss -Htanp state close-wait ${filter}`,
    )
  }
  return found
}

/** How many connections there can be, and how the figure comes about; each a sentence. */
export function arithmetic(limits: LocalLimits): string[] {
  const { portRange, reservedPorts } = limits
  if (!portRange) return []
  const [low, high] = portRange
  const capacity = high - low + 1 - reservedPorts
  const reserved = reservedPorts > 0 ? ` - ${reservedPorts} reserved` : ''
  // User guide, "Common troubleshooting steps": 60999 - 32768, which leaves one of the two ends out.
  const guide = high - low
  return [
    `One address of this host can have ${high} - ${low} + 1${reserved} = ${capacity} connections to one address and port (${guide} by the guide's sum, which leaves one end of the range out). Another port, family or source address has as many again.`,
    `A node takes ${NODE_CONNECTIONS} connections from all clients together: ${Math.ceil(NODE_CONNECTIONS / capacity)} such source addresses can fill it.`,
  ]
}

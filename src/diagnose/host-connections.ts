/** Reads this host's connections to some destinations: sockets, their processes, limits, the nodes' own count. */
import { type Clock, systemClock } from '../net/clock.ts'
import {
  countConnections,
  type Destination,
  type DestinationCensus,
  type Holder,
  judgeConnections,
  type ProcessCensus,
} from './census.ts'
import { askConnectionLoad, type LoadDial } from './connection-load.ts'
import type { Finding } from './finding.ts'
import { type LocalLimits, localLimits, portCapacity } from './local-limits.ts'
import { openFilesOf, processesOf } from './processes.ts'
import type { TcpSocket } from './sockets.ts'
import { systemFile } from './system-file.ts'

/** JSON-able. */
export interface HostConnections {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly destinations: readonly DestinationCensus[]
  readonly processes: readonly ProcessCensus[]
  readonly limits: Omit<LocalLimits, 'sockets' | 'java'> & { readonly portCapacity?: number }
  /** What this system does not tell, a sentence each. */
  readonly unknown: readonly string[]
  readonly findings: readonly Finding[]
}

export interface ReadOptions {
  /** Whether a destination speaks TLS. */
  readonly tlsOf: (destination: Destination) => boolean
  /** What a destination speaks, where that is known to be no Memcached. */
  readonly speaksOf?: (destination: Destination) => 'resp' | undefined
  /** At servers of Redis OSS and Valkey. */
  readonly login?: LoadDial['login']
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Needs no rights; what others' processes hold is told by user. Never rejects. */
export async function readConnections(
  destinations: readonly Destination[],
  options: ReadOptions,
): Promise<HostConnections> {
  const { clock = systemClock, tlsOf, speaksOf, login, timeoutMs, signal } = options
  const at = clock.now().toISOString()
  // The sockets first: asking the nodes makes more of them.
  const { sockets, java: _, ...limits } = await localLimits()
  const own = sockets.filter((each) => destinations.some((place) => isTo(each, place)))
  const [holders, users] = await Promise.all([processesOf(own.map(({ inode }) => inode)), userNames()])
  const holderOf = (socket: TcpSocket): Holder => {
    if (socket.inode === '0') return { kernel: true }
    const user = users.get(socket.uid) ?? String(socket.uid)
    const holder = holders.get(socket.inode)
    return { ...(holder && { pid: holder.pid, name: holder.name }), user }
  }
  const counted = countConnections(destinations, { ...limits, sockets: own, java: [] }, holderOf)
  const loads = await Promise.all(
    counted.map((place) => {
      const speaks = speaksOf?.(place)
      return askConnectionLoad({
        ...place,
        tls: tlsOf(place),
        ...(speaks && { speaks }),
        ...(login && { login }),
        clock,
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal && { signal }),
      })
    }),
  )
  const full = counted.map((place, index): DestinationCensus => {
    const load = loads[index]
    if (!load) return place
    if (!('problem' in load)) return { ...place, load }
    return { ...place, loadProblem: load.problem, ...(load.refusal && { loadRefusal: load.refusal }) }
  })
  const processes = await processesIn(full)
  const capacity = portCapacity({ ...limits, sockets: [], java: [] })
  return {
    at,
    destinations: full,
    processes,
    limits: { ...limits, ...(capacity !== undefined && { portCapacity: capacity }) },
    unknown: unknownOf(limits, full),
    findings: judgeConnections(full, processes, { ...limits, sockets: [], java: [] }),
  }
}

const isTo = ({ remoteAddress, remotePort }: TcpSocket, { address, port }: Destination): boolean =>
  remotePort === port && remoteAddress === address

async function processesIn(destinations: readonly DestinationCensus[]): Promise<ProcessCensus[]> {
  const counted = new Map<number, { pid: number; name: string; user: string; connections: number }>()
  for (const { holders } of destinations) {
    for (const { pid, name = '', user = '', connections } of holders) {
      if (pid === undefined) continue
      const known = counted.get(pid) ?? { pid, name, user, connections: 0 }
      counted.set(pid, { ...known, connections: known.connections + connections })
    }
  }
  return Promise.all(
    [...counted.values()]
      .sort((a, b) => b.connections - a.connections)
      .map(async (each) => {
        const openFiles = await openFilesOf(each.pid)
        return { ...each, ...(openFiles && { openFiles }) }
      }),
  )
}

/** Names of /etc/passwd; other name services are not asked. */
async function userNames(): Promise<Map<number, string>> {
  const text = (await systemFile('/etc/passwd')) ?? ''
  return new Map(text.split('\n').map((line) => [Number(line.split(':')[2]), line.split(':')[0] ?? '']))
}

/** Where there is no /proc, or not all of it: what to type instead. */
const INSTEAD: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'netstat -an -p tcp; sysctl net.inet.ip.portrange.first net.inet.ip.portrange.last; launchctl limit maxfiles',
  win32: 'netstat -ano -p tcp; netsh int ipv4 show dynamicport tcp',
  freebsd: 'sockstat -c; sysctl net.inet.ip.portrange.first net.inet.ip.portrange.last',
}

function unknownOf(
  { portRange, conntrack }: Omit<LocalLimits, 'sockets' | 'java'>,
  destinations: readonly DestinationCensus[],
  platform = process.platform,
): string[] {
  if (!portRange) {
    const instead = INSTEAD[platform]
    return [
      `Sockets, processes and limits can not be read on this system (${platform} has no /proc)${instead ? `: see ${instead}` : ''}.`,
    ]
  }
  const foreign = destinations.some(({ holders }) => holders.some(({ pid, kernel }) => pid === undefined && !kernel))
  return [
    ...(conntrack ? [] : ['Connection tracking: not in use here, or not readable from this network namespace.']),
    ...(foreign ? ['Processes of other users are told by user only: root sees them by name.'] : []),
    'Limits of the EC2 instance (conntrack_allowance_exceeded) are counted by its network card alone: ethtool -S eth0 | grep allowance_exceeded',
  ]
}

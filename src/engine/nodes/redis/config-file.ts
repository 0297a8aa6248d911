/** The file a server is started with. Pure. */
import { ENGINE_USER, keysOf, renamedCommands } from './restricted.ts'
import type { RedisSpec } from './spec.ts'

export const NODES_FILE = 'nodes.conf'
export const RDB_FILE = 'dump.rdb'
/** Within the server's directory, where it is when it makes it: the whole path may be longer than a socket's may be. */
export const SOCKET_FILE = 'socket'

/** Short while the nodes of a group get to know each other, so that all are listed within seconds; then ElastiCache's. */
const FORMING = { 'cluster-node-timeout': '500' } as const
export const FORMED = { 'cluster-node-timeout': '15000' } as const

/** A directive's name and its values. */
export type Line = readonly [name: string, ...values: string[]]

/**
 * What only a start can set; the rest of what a server is to be it is told before clients are let in. The first line tells
 * one life of a server from the next.
 * @param hasSourceAddress Whether any address of 127.0.0.0/8 is the machine's own.
 */
export function configFile(spec: RedisSpec, hasSourceAddress: boolean): string {
  const lines = configLines(spec, hasSourceAddress).map(([name, ...values]) => [name, ...values.map(quoted)].join(' '))
  return `# incarnation ${spec.incarnation}\n${lines.join('\n')}\n`
}

/** The same as values. */
export function configLines(spec: RedisSpec, hasSourceAddress: boolean): Line[] {
  const { directory, innerPort, announce, nodeId, renamed = [], fixed } = spec
  const keys = keysOf(spec.secret)
  return [
    ['port', String(innerPort)],
    // The minus: no error where the machine has no IPv6.
    ['bind', LOOPBACK, ...(nodeId !== undefined && isOwn(announce.ip) ? [announce.ip] : []), '-::1'],
    ...(hasSourceAddress && !isForIpv6Servers(spec) ? [['bind-source-addr', keys.address] as const] : []),
    ['unixsocket', SOCKET_FILE],
    ['unixsocketperm', '700'],
    ['dir', directory],
    ['dbfilename', RDB_FILE],
    ['save', ''],
    ['appendonly', 'no'],
    // A file that came with the primary's data would be loaded at the next start.
    ['rdb-del-sync-files', 'yes'],
    // A copy without a file is there up to a second before the primary sends what was written since (it waits for a word of the
    // replica): the replica's link is up, and were the primary to die then, all of that was lost.
    ['repl-diskless-sync', 'no'],
    // How far a replica is behind is known to the second.
    ['repl-ping-replica-period', '1'],
    ['replica-announce-ip', announce.ip],
    ['replica-announce-port', String(spec.port)],
    ['masteruser', ENGINE_USER],
    ['masterauth', keys.password],
    ['user', ENGINE_USER, 'on', `>${keys.password}`, '~*', '&*', '+@all'],
    ['user', 'default', 'off'],
    ...[...renamedCommands(keys, spec), ...renamed].map((pair): Line => ['rename-command', ...pair]),
    ...(nodeId === undefined ? [] : clusterDirectives(spec, nodeId)),
    ...Object.entries(fixed),
  ]
}

const LOOPBACK = '127.0.0.1'

/** In cluster mode nodes dial the bus where clients find the door. */
const isOwn = (ip: string): boolean => ip !== LOOPBACK && !ip.includes(':')

/** The engine decides which server is primary and which ones replicate it: no server does so by itself. */
function clusterDirectives({ port, live, announce }: RedisSpec, nodeId: string): Line[] {
  const busPort = live.topology?.find((member) => member.nodeId === nodeId)?.busPort ?? 0
  return [
    ['cluster-enabled', 'yes'],
    ['cluster-config-file', NODES_FILE],
    ['cluster-port', String(busPort)],
    ['cluster-announce-ip', announce.ip],
    ['cluster-announce-port', String(port)],
    ['cluster-announce-bus-port', String(busPort)],
    ...(announce.hostname === undefined
      ? []
      : ([
          ['cluster-announce-hostname', announce.hostname],
          ['cluster-preferred-endpoint-type', 'hostname'],
        ] as const)),
    ['cluster-node-timeout', FORMING['cluster-node-timeout']],
    ['cluster-replica-no-failover', 'yes'],
    ['cluster-allow-replica-migration', 'no'],
  ]
}

/** In cluster mode servers dial what clients are told, and ::1 is the only address of its kind. */
const isForIpv6Servers = ({ nodeId, announce }: RedisSpec): boolean => nodeId !== undefined && announce.ip.includes(':')

/** As the servers read it: in double quotes, with what is no printable character of ASCII by its number. */
function quoted(value: string): string {
  const text = [...Buffer.from(value)].map((byte) => {
    const letter = String.fromCharCode(byte)
    if (letter === '"' || letter === '\\') return `\\${letter}`
    return byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : letter
  })
  return `"${text.join('')}"`
}

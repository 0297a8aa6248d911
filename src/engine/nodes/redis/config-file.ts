/** The file a server is started with. Pure. */
import { ENGINE_USER, keysOf, renamedCommands } from './restricted.ts'
import type { RedisSpec } from './spec.ts'

const NODES_FILE = 'nodes.conf'
const RDB_FILE = 'dump.rdb'

/** Short while the nodes of a group get to know each other, so that all are listed within seconds; then ElastiCache's. */
const FORMING = { 'cluster-node-timeout': '500', 'repl-ping-replica-period': '1' } as const

/**
 * What only a start can set; the rest of what a server is to be it is told before clients are let in. The first line tells
 * one life of a server from the next.
 * @param hasSourceAddress Whether any address of 127.0.0.0/8 is the machine's own.
 */
export function configFile(spec: RedisSpec, hasSourceAddress: boolean): string {
  const { files, innerPort, cluster, renamed = [], fixed } = spec
  const keys = keysOf(spec.secret)
  const directives: (readonly string[])[] = [
    ['port', String(innerPort)],
    // The minus: no error where the machine has no IPv6.
    ['bind', '127.0.0.1', '-::1'],
    ...(hasSourceAddress && !isIpv6(cluster?.announce.ip) ? [['bind-source-addr', keys.address]] : []),
    ['unixsocket', files.socket],
    ['unixsocketperm', '700'],
    ['dir', files.directory],
    ['dbfilename', RDB_FILE],
    ['save', ''],
    ['appendonly', 'no'],
    // A file that came with the primary's data would be loaded at the next start.
    ['rdb-del-sync-files', 'yes'],
    ['repl-diskless-sync', 'yes'],
    ['repl-diskless-sync-delay', '0'],
    ['repl-ping-replica-period', FORMING['repl-ping-replica-period']],
    ['replica-announce-ip', cluster?.announce.ip ?? '127.0.0.1'],
    ['replica-announce-port', String(spec.port)],
    ['masteruser', ENGINE_USER],
    ['masterauth', keys.password],
    ['user', ENGINE_USER, 'on', `>${keys.password}`, '~*', '&*', '+@all'],
    ['user', 'default', 'off'],
    ...[...renamedCommands(keys), ...renamed].map((pair) => ['rename-command', ...pair]),
    ...(cluster ? clusterDirectives(spec, cluster) : []),
    ...Object.entries(fixed),
  ]
  const lines = directives.map(([name = '', ...values]) => [name, ...values.map(quoted)].join(' '))
  return `# incarnation ${spec.incarnation}\n${lines.join('\n')}\n`
}

/** The engine decides who is primary and of whom a replica is one: no server does by itself. */
function clusterDirectives({ port, live }: RedisSpec, { nodeId, announce }: NonNullable<RedisSpec['cluster']>) {
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
      : [
          ['cluster-announce-hostname', announce.hostname],
          ['cluster-preferred-endpoint-type', 'hostname'],
        ]),
    ['cluster-node-timeout', FORMING['cluster-node-timeout']],
    ['cluster-replica-no-failover', 'yes'],
    ['cluster-allow-replica-migration', 'no'],
  ]
}

const isIpv6 = (ip: string | undefined): boolean => ip?.includes(':') ?? false

/** As the servers read it: in double quotes, with what is no printable character of ASCII by its number. */
function quoted(value: string): string {
  const text = [...Buffer.from(value)].map((byte) => {
    const letter = String.fromCharCode(byte)
    if (letter === '"' || letter === '\\') return `\\${letter}`
    return byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : letter
  })
  return `"${text.join('')}"`
}

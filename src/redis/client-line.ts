import type { Client } from './client.ts'

const MS_PER_SECOND = 1000

function flagsOf(client: Client): string {
  const flags = [
    [client.kind === 'replica', client.monitoring ? 'O' : 'S'],
    [client.kind === 'master', 'M'],
    [client.monitoring && client.kind !== 'replica', 'O'],
    [client.subscriptions > 0, 'P'],
    [client.transaction !== undefined, 'x'],
    [client.blocked !== undefined, 'b'],
    [client.tracking !== undefined, 't'],
    [client.connection?.closing === true, 'c'],
    [client.readOnly, 'r'],
    [client.noEvict, 'e'],
    [client.noTouch, 'T'],
  ] as const
  const shown = flags.flatMap(([has, letter]) => (has ? letter : [])).join('')
  return shown === '' ? 'N' : shown
}

const spoken = (host: string | undefined, port = 0): string => {
  if (host === undefined) return ''
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `127.0.0.1:6379`, as lists of clients show it. */
export const addressOf = ({ connection }: Client): string =>
  spoken(connection?.socket.remoteAddress, connection?.socket.remotePort)

/** The same of the node's side. */
export const localAddressOf = ({ connection }: Client): string =>
  spoken(connection?.socket.localAddress, connection?.socket.localPort)

/** One line of CLIENT LIST, without its end. */
export function clientLine(client: Client): string {
  const { core, connection } = client
  const { engine } = core.dialect
  const { now } = core.keyspace
  const queued = client.transaction?.queue.length ?? -1
  const { sub, psub, ssub } = core.subscriptionsOf(client)
  const fields: readonly (readonly [name: string, value: string | number])[] = [
    ['id', client.id],
    ['addr', addressOf(client)],
    ['laddr', localAddressOf(client)],
    ['fd', 8],
    ['name', client.name],
    ['age', Math.floor((now - client.connectedAt) / MS_PER_SECOND)],
    ['idle', Math.floor((now - client.lastCommandAt) / MS_PER_SECOND)],
    ['flags', flagsOf(client)],
    ['db', client.db.id],
    ['sub', sub],
    ['psub', psub],
    ['ssub', ssub],
    ['multi', queued],
    ...(engine === 'valkey' ? [['watch', client.watching] as const] : []),
    // A request that came whole lies in a buffer that all clients share, as Valkey has it, too.
    ['qbuf', engine === 'redis' && core.serving === client ? client.queryBytes : 0],
    ['qbuf-free', engine === 'valkey' ? 0 : 20_474],
    ['argv-mem', 0],
    ['multi-mem', 0],
    ['rbs', 1024],
    ['rbp', 0],
    ['obl', 0],
    ['oll', client.outbox.length],
    ['omem', client.outboxBytes + (connection?.behind ?? 0)],
    ['tot-mem', 22_400 + client.outboxBytes],
    ['events', 'r'],
    ['cmd', client.lastCommand],
    // As of servers' links that have no user: one of the keeper's is nobody's business.
    ['user', core.keeper.isOwn(client.user?.name) ? '(superuser)' : (client.user?.name ?? 'default')],
    ['redir', core.redirectionOf(client)],
    ['resp', client.resp],
    ...(engine === 'valkey'
      ? ([
          ['lib-name', client.libraryName],
          ['lib-ver', client.libraryVersion],
          ['tot-net-in', connection?.bytesRead ?? 0],
          ['tot-net-out', connection?.bytesWritten ?? 0],
          ['tot-cmds', client.processed],
        ] as const)
      : []),
  ]
  return fields.map(([name, value]) => `${name}=${value}`).join(' ')
}

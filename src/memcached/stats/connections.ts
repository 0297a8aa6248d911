import type { ListenAddress } from '../../net/serve/listener.ts'
import type { CacheCore } from '../core.ts'
import type { StatLine } from './lines.ts'

/** The address of clients that came through a socket in the file system; Node does not tell which. */
const UNIX = 'unix:'

/** `stats conns`: listeners and clients, by a number of their own where memcached shows file descriptors. */
export function connectionsStats({ connections, addresses, sockets, udpAddresses, store }: CacheCore): StatLine[] {
  const lines: StatLine[] = []
  const listening = [
    ...addresses.map((address) => spoken('tcp', address)),
    ...sockets.map(({ path }) => `${UNIX}${path}`),
    ...udpAddresses.map((address) => spoken('udp', address)),
  ]
  for (const [index, address] of listening.entries()) {
    lines.push([`${index}:addr`, address], [`${index}:state`, 'conn_listening'], [`${index}:secs_since_last_cmd`, 0])
  }
  for (const { talker } of connections) {
    const { id, peerAddress, localAddress, lastCommandAt, expecting } = talker
    lines.push(
      [`${id}:addr`, peerAddress],
      [`${id}:listen_addr`, localAddress === UNIX ? `${UNIX}${sockets[0]?.path ?? ''}` : localAddress],
      [`${id}:state`, expecting === 'command' ? 'conn_parse_cmd' : 'conn_nread'],
      [`${id}:secs_since_last_cmd`, store.now - lastCommandAt],
    )
  }
  return lines
}

const spoken = (transport: 'tcp' | 'udp', { host, port }: ListenAddress): string =>
  host.includes(':') ? `${transport}6:[${host}]:${port}` : `${transport}:${host}:${port}`

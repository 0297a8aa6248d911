import { connect } from 'node:net'
import { type Clock, systemClock } from '../net/clock.ts'
import { endpoint } from '../net/target.ts'
import { processesOf } from './processes.ts'
import { type TcpSocket, tcpSockets } from './sockets.ts'

/** A connection to another host that ends at this one. JSON-able. */
export interface Diverted {
  readonly address: string
  readonly port: number
  /** Where it ends: `127.0.0.1:15001`. */
  readonly to: string
  /** The name of the process there, where this user may see it. */
  readonly process?: string
}

export interface DivertedOptions {
  readonly sockets?: typeof tcpSockets
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

const PATIENCE_MS = 500

/**
 * Connects, and looks for the other end among the sockets of this host: a rule that redirects packets leaves no other
 * trace that every user may see. Undefined where nothing connects, or the other end is elsewhere. Never rejects.
 */
export function divertedTo(
  address: string,
  port: number,
  { sockets = tcpSockets, clock = systemClock, signal }: DivertedOptions = {},
): Promise<Diverted | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, autoSelectFamily: false })
    const settle = (found?: Diverted): void => {
      cancel()
      socket.destroy()
      resolve(found)
    }
    const cancel = clock.after(PATIENCE_MS, () => settle())
    signal?.addEventListener('abort', () => settle(), { once: true })
    socket.on('error', () => settle())
    socket.once('connect', async () => {
      const { localAddress, localPort } = socket
      const all = await sockets()
      const other = all.find(
        (each) =>
          each.remotePort === localPort &&
          each.remoteAddress === localAddress &&
          !(each.localAddress === address && each.localPort === port),
      )
      if (!other) return settle()
      const process = await processListeningOn(other.localPort, all)
      settle({ address, port, to: endpoint(other.localAddress, other.localPort), ...(process && { process }) })
    })
  })
}

async function processListeningOn(port: number, sockets: readonly TcpSocket[]): Promise<string | undefined> {
  const listening = sockets.find(({ state, localPort }) => state === 'LISTEN' && localPort === port)
  return listening && (await processesOf([listening.inode])).get(listening.inode)?.name
}

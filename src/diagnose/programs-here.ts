/** Programs of this host at both ends of connections to the places: those that listen, and those that are connected. */
import { networkInterfaces } from 'node:os'
import { type Clock, systemClock } from '../net/clock.ts'
import type { ConnectOutcome } from '../net/connect-outcome.ts'
import { attemptConnect } from './connect.ts'
import { argumentsOf, isHeld, type OpenFiles, openFilesOf, processesOf } from './processes.ts'
import { type TcpSocket, tcpSockets } from './sockets.ts'

export interface Destination {
  readonly address: string
  readonly port: number
}

/** What listens at an address of this host. Without a `pid`: a process of another user. */
export interface Listener extends Destination {
  readonly uid: number
  readonly pid?: number
  readonly name?: string
  /** The first words of its command line. */
  readonly command?: string
  /** ISO 8601. */
  readonly startedAt?: string
  /** By a signal or a debugger. */
  readonly held?: true
}

/** What has connections to ports of the places. */
export interface Client {
  readonly pid: number
  readonly name: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly openFiles?: OpenFiles
  readonly connections: readonly (Destination & { readonly count: number })[]
}

/** JSON-able. */
export interface ProgramsHere {
  readonly listeners: readonly Listener[]
  readonly clients: readonly Client[]
  /** Addresses that clients are connected to, at ports of the places, and that no place has: whether they take connections. */
  readonly elsewhere: readonly (Destination & { readonly outcome: ConnectOutcome })[]
}

/** A lost SYN is sent again after 1 s. */
const TIMEOUT_MS = 1300
const MOST_TRIED = 16
const WORDS_TOLD = 6
/** Ports of other services: what is dead there is no matter of a cache. */
const FIRST_FREE_PORT = 1024

interface Options {
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Needs no rights: what others' processes hold can't be told. Never rejects. */
export async function programsHere(
  destinations: readonly Destination[],
  { signal, clock = systemClock }: Options,
): Promise<ProgramsHere> {
  const sockets = await tcpSockets()
  const own = ownAddresses()
  const listening = unique(destinations)
    .filter(({ address }) => own.has(address) || address.startsWith('127.'))
    .flatMap((at) => {
      const socket = sockets.find((each) => each.state === 'LISTEN' && takes(each, at))
      return socket ? [{ at, socket }] : []
    })
  const ports = new Set(destinations.flatMap(({ port }) => (port >= FIRST_FREE_PORT ? [port] : [])))
  const connected = sockets.filter(({ state, remotePort }) => ports.has(remotePort) && HELD_STATES.has(state))
  const processes = await processesOf([
    ...listening.map(({ socket }) => socket.inode),
    ...connected.map((each) => each.inode),
  ])
  const clients = new Map<number, { pid: number; name: string; startedAt: number; to: TcpSocket[] }>()
  for (const socket of connected) {
    const holder = processes.get(socket.inode)
    if (!holder || holder.pid === process.pid) continue
    const client = clients.get(holder.pid) ?? { ...holder, to: [] }
    client.to.push(socket)
    clients.set(holder.pid, client)
  }
  const known = new Set(destinations.map(keyOf))
  const foreign = unique([...clients.values()].flatMap(({ to }) => to.map(remoteOf))).filter(
    (at) => !known.has(keyOf(at)),
  )
  const tried = foreign.slice(0, MOST_TRIED).map(async (at) => {
    const { outcome } = await attemptConnect({ ...at, timeoutMs: TIMEOUT_MS, clock, ...(signal && { signal }) })
    return { ...at, outcome }
  })
  return {
    listeners: await Promise.all(
      listening.map(({ at, socket }) => listenerOf(at, socket, processes.get(socket.inode))),
    ),
    clients: await Promise.all([...clients.values()].map(clientOf)),
    elsewhere: await Promise.all(tried),
  }
}

/** States of connections that a program holds, or waits for. */
const HELD_STATES: ReadonlySet<TcpSocket['state']> = new Set(['ESTABLISHED', 'SYN-SENT', 'CLOSE-WAIT'])

const keyOf = ({ address, port }: Destination): string => `${address} ${port}`
const remoteOf = ({ remoteAddress: address, remotePort: port }: TcpSocket): Destination => ({ address, port })
const unique = (list: readonly Destination[]): Destination[] => [...new Map(list.map((at) => [keyOf(at), at])).values()]

const ownAddresses = (): ReadonlySet<string> =>
  new Set(Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address)))

/** A socket that listens on `::` takes IPv4 as well, as most programs have it. */
const takes = ({ localAddress, localPort }: TcpSocket, { address, port }: Destination): boolean =>
  localPort === port && (localAddress === address || localAddress === '::' || localAddress === '0.0.0.0')

async function listenerOf(
  { address, port }: Destination,
  { uid }: TcpSocket,
  holder: { readonly pid: number; readonly name: string; readonly startedAt: number } | undefined,
): Promise<Listener> {
  if (!holder) return { address, port, uid }
  const { pid, name, startedAt } = holder
  const [words, held] = await Promise.all([argumentsOf(pid), isHeld(pid)])
  const command = words.slice(0, WORDS_TOLD).join(' ')
  return {
    address,
    port,
    uid,
    pid,
    name,
    ...(command !== '' && { command }),
    startedAt: new Date(startedAt).toISOString(),
    ...(held && { held }),
  }
}

async function clientOf({
  pid,
  name,
  startedAt,
  to,
}: {
  readonly pid: number
  readonly name: string
  readonly startedAt: number
  readonly to: readonly TcpSocket[]
}): Promise<Client> {
  const openFiles = await openFilesOf(pid)
  const connections = unique(to.map(remoteOf)).map((at) => ({
    ...at,
    count: to.filter((socket) => keyOf(remoteOf(socket)) === keyOf(at)).length,
  }))
  return { pid, name, startedAt: new Date(startedAt).toISOString(), ...(openFiles && { openFiles }), connections }
}

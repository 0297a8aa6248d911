import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureVersion } from 'node:tls'
import { Worker } from 'node:worker_threads'
import type { authority, CertificateFault } from './certificates.ts'

/** Who stands behind one port of a scenario. */
export interface Actor {
  readonly is:
    | 'memcached'
    | 'plain-memcached'
    | 'silent'
    | 'hangs-up'
    | 'http'
    | 'redis'
    | 'full'
    | 'closed'
    | 'drops'
    | 'resets'
    | 'echoes'
  /** Loopback addresses it listens on. Default 127.0.0.1. */
  readonly on?: readonly string[]
  /** A port to listen on; default any. */
  readonly port?: number
  /** The port of an actor before it, on other addresses. */
  readonly samePortAs?: string
  /** Milliseconds before each answer. */
  readonly lateMs?: number
  /** Bytes per second that answers pass at. */
  readonly bytesPerSecond?: number
  /** Takes no question of more bytes than this at once, and keeps silent from then on. */
  readonly stallsAbove?: number
  /** Commands, by their first word, that are never answered; the connection hangs from then on. */
  readonly mute?: readonly string[]
  /** Commands, by their first word, that are answered so many milliseconds later. */
  readonly lateOn?: Readonly<Record<string, number>>
  /** Closes a connection once it has been sent so many bytes of answers. */
  readonly closesAfter?: number
  /** Resets a connection that has brought more bytes than this. */
  readonly resetsAfter?: number
  /** Of the answers of a connection, each so-many-th comes so much later; without `stallMs` never, nor any after it. */
  readonly stallsEvery?: number
  readonly stallMs?: number
  /** `stallsEvery` counts the answers of all connections. */
  readonly stallsAcross?: boolean
  /** Of the connections, each so-many-th is closed at once, or kept and never answered. */
  readonly failsEvery?: number
  readonly failsSilently?: boolean
  /** Numbers of `stats` that grow, per second. */
  readonly climbs?: Readonly<Record<string, number>>
  /** What `set` is answered, of values of more bytes than `above`; or they are stored and gone at once. */
  readonly stores?: { readonly refuses?: string; readonly above?: number; readonly forgets?: boolean }
  /** Lines of `stats` and `stats settings`. */
  readonly stats?: Readonly<Record<string, number>>
  readonly settings?: Readonly<Record<string, number | string>>
  readonly tls?: {
    readonly certificate: CertificateFault
    readonly name: string
    readonly maxVersion?: SecureVersion
    readonly clientCertificate?: boolean
    /** Its certificate fills several packets. */
    readonly large?: boolean
  }
  /** Answer to `config get cluster`; `{a}` stands for the port of actor a. */
  readonly list?: { readonly version: number; readonly nodes: readonly string[]; readonly length?: number }
  /** Answers to single lines, as bytes; `{a}` stands for the port of actor a, "" for silence. */
  readonly says?: Readonly<Record<string, string>>
  readonly connections?: readonly [current: number, max: number]
}

export type Ports = ReadonlyMap<string, number>

/** Puts every actor on its port, then lets them speak: what they say may name each other's ports. */
export async function stage(
  actors: Readonly<Record<string, Actor>>,
  ca: Awaited<ReturnType<typeof authority>>,
  atEnd: (work: () => void) => void,
): Promise<Ports> {
  const ports = new Map<string, number>()
  for (const [name, actor] of Object.entries(actors)) ports.set(name, await enter(actor, ports, ca, atEnd))
  return ports
}

async function enter(
  actor: Actor,
  ports: Ports,
  ca: Awaited<ReturnType<typeof authority>>,
  atEnd: (work: () => void) => void,
): Promise<number> {
  if (actor.is === 'drops') return silentPort(atEnd)
  const sockets = new Set<Socket>()
  const since = performance.now()
  let served = 0
  const answered = { count: 0 }
  const serve = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    served++
    if (actor.failsEvery !== undefined && served % actor.failsEvery === 0)
      actor.failsSilently ? socket.resume() : socket.destroy()
    else play(actor, socket, ports, since, actor.stallsAcross ? answered : { count: 0 })
  }
  const tls = actor.tls
  const issued = tls && (await ca.issue(tls.certificate, tls.name, tls.large))
  const make = (): Server =>
    tls && issued
      ? createTlsServer(
          {
            ...issued,
            // Versions below 1.2 need OpenSSL's lowest security level.
            ...(tls.maxVersion && { maxVersion: tls.maxVersion, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
            ...(tls.clientCertificate && { requestCert: true, rejectUnauthorized: true, ca: ca.ca }),
          },
          serve,
        ).on('tlsClientError', () => {})
      : createServer({ allowHalfOpen: true }, serve)
  for (let tries = 0; tries < 20; tries++) {
    const open: Server[] = []
    try {
      for (const host of actor.on ?? ['127.0.0.1']) {
        const port = portOf(open) || (actor.samePortAs ? ports.get(actor.samePortAs) : actor.port) || 0
        const server = make()
        await new Promise<void>((resolve, reject) =>
          server.once('error', reject).listen({ host, port, ipv6Only: true }, resolve),
        )
        open.push(server)
      }
      const port = portOf(open)
      const close = (): void => {
        for (const server of open) server.close()
        for (const socket of sockets) socket.destroy()
      }
      if (actor.is === 'closed') close()
      else atEnd(close)
      return port
    } catch (error) {
      for (const server of open) server.close()
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
  throw new Error('no port is free on all addresses of the actor')
}

const portOf = ([first]: readonly Server[]): number => (first ? (first.address() as AddressInfo).port : 0)

function play(actor: Actor, socket: Socket, ports: Ports, since: number, answered: { count: number }): void {
  switch (actor.is) {
    case 'silent':
      return void socket.resume()
    case 'resets':
      return void socket.resetAndDestroy()
    case 'hangs-up':
      return void socket.destroy()
    case 'echoes':
      return void socket.pipe(socket)
    case 'full':
      return void socket.end('ERROR Too many open connections\r\n')
    case 'http':
      return void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    case 'redis':
      return void socket.on('data', (bytes) =>
        socket.write(`-ERR unknown command '${bytes.toString('latin1').split(/\s/)[0]}'\r\n`),
      )
    default:
  }
  const [, max] = connectionsOf(actor)
  const speak = speakerOf(actor, socket, answered)
  let asking = ''
  let said = 0
  const say = (text: string): void => {
    const left = (actor.closesAfter ?? Number.POSITIVE_INFINITY) - said
    said += text.length
    const late = actor.lateOn?.[asking]
    if (text.length > left) socket.end(text.slice(0, Math.max(0, left)))
    else if (late === undefined) speak(text)
    else setTimeout(() => speak(text), late)
  }
  let pending = ''
  let stalled = false
  let received = 0
  /** The key whose value comes in the next line. */
  let setting: string | undefined
  const values = new Map<string, string>()
  socket.on('data', (bytes) => {
    received += bytes.length
    if (received > (actor.resetsAfter ?? Number.POSITIVE_INFINITY))
      // A connection under TLS can only be closed.
      return void (actor.tls ? socket.destroy() : socket.resetAndDestroy())
    stalled ||= actor.stallsAbove !== undefined && bytes.length > actor.stallsAbove
    if (stalled) return
    // A ClientHello: Memcached finds no command in it.
    if (bytes[0] === 0x16) return say('ERROR\r\n')
    pending += bytes.toString('latin1')
    const lines = pending.split('\r\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      asking = line.split(' ')[0] ?? ''
      if (setting !== undefined) {
        const isRefused = line.length > (actor.stores?.above ?? 0) && actor.stores?.refuses !== undefined
        if (!isRefused && !actor.stores?.forgets) values.set(setting, line)
        setting = undefined
        say(isRefused ? `${actor.stores?.refuses}\r\n` : 'STORED\r\n')
        continue
      }
      stalled ||= actor.mute?.includes(line.split(' ')[0] ?? '') ?? false
      if (stalled) return
      const own = actor.says?.[line]
      if (own !== undefined) say(fill(own, ports))
      else if (line === 'quit') socket.end()
      else if (line === 'version') say('VERSION 1.6.22\r\n')
      else if (line === 'stats') say(statsText(statsOf(actor, since)))
      else if (line === 'stats settings') say(statsText({ maxconns: max, idle_timeout: 0, ...actor.settings }))
      else if (line.startsWith('config get')) say(actor.list ? listReply(actor.list, ports) : 'ERROR\r\n')
      else if (line.startsWith('set ')) setting = line.split(' ')[1]
      else if (line.startsWith('delete ')) say(values.delete(line.slice(7)) ? 'DELETED\r\n' : 'NOT_FOUND\r\n')
      else if (line.startsWith('get ')) {
        const value = values.get(line.slice(4))
        say(value === undefined ? 'END\r\n' : `VALUE ${line.slice(4)} 0 ${value.length}\r\n${value}\r\nEND\r\n`)
      } else say('ERROR\r\n')
    }
  })
}

const connectionsOf = ({ connections = [5, 65_000] }: Actor): readonly [number, number] => connections

function statsOf(actor: Actor, since: number): Record<string, number> {
  const [current, max] = connectionsOf(actor)
  const values: Record<string, number> = { curr_connections: current, max_connections: max, ...actor.stats }
  for (const [name, perSecond] of Object.entries(actor.climbs ?? {}))
    values[name] = (values[name] ?? 0) + Math.round(((performance.now() - since) / 1000) * perSecond)
  return values
}

const statsText = (values: Readonly<Record<string, number | string>>): string =>
  `${Object.entries(values)
    .map(([name, value]) => `STAT ${name} ${value}\r\n`)
    .join('')}END\r\n`

/** Answers at once, late, or at a pace. */
function speakerOf(actor: Actor, socket: Socket, answered: { count: number }): (text: string) => void {
  const { lateMs = 0, bytesPerSecond, stallsEvery, stallMs } = actor
  let free = performance.now()
  return (text) => {
    if (stallsEvery !== undefined) {
      const isStalled = ++answered.count % stallsEvery === 0
      if (isStalled) free = Math.max(free, performance.now()) + (stallMs ?? Number.POSITIVE_INFINITY)
      if (free === Number.POSITIVE_INFINITY) return
      return void setTimeout(() => socket.destroyed || socket.write(text), Math.max(0, free - performance.now()))
    }
    if (lateMs === 0 && bytesPerSecond === undefined) return void socket.write(text)
    const passing = bytesPerSecond === undefined ? 0 : (text.length / bytesPerSecond) * 1000
    free = Math.max(free, performance.now()) + passing
    setTimeout(() => socket.destroyed || socket.write(text), free - performance.now() + lateMs)
  }
}

function listReply({ version, nodes, length }: NonNullable<Actor['list']>, ports: Ports): string {
  const payload = `${version}\n${fill(nodes.join(' '), ports)}\n`
  return `CONFIG cluster 0 ${length ?? payload.length}\r\n${payload}\r\nEND\r\n`
}

/** `{a}` -> the port of actor a. */
export const fill = (text: string, ports: Ports): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(ports.get(name) ?? `no actor ${name}`))

const NEVER_ACCEPTS = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer()
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
  })
`

/** A port whose accept queue is full: the kernel drops every SYN. Linux only. */
async function silentPort(atEnd: (work: () => void) => void): Promise<number> {
  const worker = new Worker(NEVER_ACCEPTS, { eval: true })
  atEnd(() => void worker.terminate())
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  for (let filling = true; filling; ) {
    const socket = connect({ host: '127.0.0.1', port })
    atEnd(() => void socket.destroy())
    filling = await new Promise<boolean>((resolve) => {
      socket.on('error', () => {}).once('connect', () => resolve(true))
      setTimeout(() => resolve(false), 150)
    })
  }
  return port
}

/**
 * Faults to rehearse with: a node that hangs, resets, is slow. Nothing of this is looked at while a connection is served;
 * connections that are to suffer get another `receive` or `take` of their own, and lose it again.
 */
import type net from 'node:net'

export type Family = 'IPv4' | 'IPv6'

/** What of a connection suffers: how it takes requests, and how replies leave. */
export interface Afflicted {
  readonly socket: net.Socket
  /** Nothing more is read from it for now. */
  congested: boolean
  /** It is hung up on once its replies are out. */
  readonly closing: boolean
  /** Takes what was read; the bytes may be reused afterwards. */
  receive(bytes: Buffer, length: number): void
  /** Sends a reply; answers whether the bytes are needed after the call. */
  take(bytes: Buffer, whole: Buffer | undefined): boolean
  /** All that was written is on its way. */
  drained(): void
}

/** What is wrong with a node; families are those of the client's address. */
export interface Impairment {
  /** Connections of these families connect, and hear nothing; those there are hear nothing any more. */
  readonly silent: readonly Family[]
  /** Connections of these families are reset, at once. */
  readonly reset: readonly Family[]
  /** Milliseconds between a request's arrival and its service. */
  readonly delayMs: number
  /** Bytes per second of each connection in each direction; 0: as many as come. */
  readonly bytesPerSecond: number
}

const SLICE_MS = 50
/** A client whose bytes wait is not read from beyond this. */
const MOST_WAITING_BYTES = 1 << 20

/** An impairment at work on a node. */
export class Affliction {
  readonly #impairment: Impairment
  readonly #held: { readonly socket: net.Socket; readonly admit: () => void }[] = []
  readonly #reliefs = new Map<Afflicted, () => void>()

  constructor(impairment: Impairment, connections: Iterable<Afflicted>) {
    this.#impairment = impairment
    for (const connection of [...connections]) {
      if (impairment.reset.includes(familyOf(connection.socket))) hangUp(connection.socket)
      else this.burden(connection)
    }
  }

  /** Whether a new connection is served; `held` is neither served nor turned away, until {@link lift}. */
  gate(socket: net.Socket, admit: () => void): boolean | 'held' {
    const family = familyOf(socket)
    if (this.#impairment.reset.includes(family)) return false
    if (!this.#impairment.silent.includes(family)) return true
    socket.on('error', () => undefined)
    this.#held.push({ socket, admit })
    return 'held'
  }

  /** Makes a connection suffer. */
  burden(connection: Afflicted): void {
    const { silent, delayMs, bytesPerSecond } = this.#impairment
    const relief = silent.includes(familyOf(connection.socket))
      ? holdRequests(connection)
      : slowDown(connection, delayMs, bytesPerSecond)
    this.#reliefs.set(connection, relief)
    connection.socket.once('close', () => this.#reliefs.delete(connection))
  }

  /** All is as before: what was held is served now. */
  lift(): void {
    for (const relief of this.#reliefs.values()) relief()
    this.#reliefs.clear()
    for (const { socket, admit } of this.#held.splice(0)) if (!socket.destroyed) admit()
  }

  /** The node ends: no client is served any more. */
  end(): void {
    for (const { socket } of this.#held.splice(0)) socket.destroy()
  }
}

const familyOf = ({ remoteFamily }: net.Socket): Family => (remoteFamily === 'IPv6' ? 'IPv6' : 'IPv4')

/** A reset is of TCP; a socket of TLS can only be closed. */
function hangUp(socket: net.Socket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

/** Requests are read, as far as buffers of a kernel would go, and not served. Returns what serves them. */
function holdRequests(connection: Afflicted): () => void {
  const held: Buffer[] = []
  let waiting = 0
  connection.receive = (bytes, length) => {
    held.push(Buffer.from(bytes.subarray(0, length)))
    waiting += length
    if (waiting > MOST_WAITING_BYTES) connection.socket.pause()
  }
  return () => {
    Reflect.deleteProperty(connection, 'receive')
    for (const bytes of held) if (!connection.socket.destroyed) connection.receive(bytes, bytes.length)
    if (!connection.congested) connection.socket.resume()
  }
}

/** Requests are served late, or at the pace their bytes may come; replies leave at that pace. Returns what ends it. */
function slowDown(connection: Afflicted, delayMs: number, bytesPerSecond: number): () => void {
  const endRequests = delayMs > 0 || bytesPerSecond > 0 ? slowRequests(connection, delayMs, bytesPerSecond) : undefined
  const endReplies = bytesPerSecond > 0 ? slowReplies(connection, bytesPerSecond) : undefined
  return () => {
    endReplies?.()
    endRequests?.()
  }
}

function slowRequests(connection: Afflicted, delayMs: number, bytesPerSecond: number): () => void {
  const serve = connection.receive.bind(connection)
  const queue: { readonly bytes: Buffer; readonly due: number }[] = []
  let waiting = 0
  let last = 0
  let timer: NodeJS.Timeout | undefined
  const serveDue = (until: number) => {
    timer = undefined
    while (queue[0] && queue[0].due <= until && !connection.socket.destroyed) {
      const { bytes } = queue[0]
      queue.shift()
      waiting -= bytes.length
      serve(bytes, bytes.length)
    }
    if (waiting < MOST_WAITING_BYTES && !connection.congested) connection.socket.resume()
    const next = queue[0]
    if (next && !connection.socket.destroyed) timer = setTimeout(() => serveDue(next.due), next.due - performance.now())
  }
  connection.receive = (bytes, length) => {
    const arrived = performance.now()
    const passing = bytesPerSecond > 0 ? (length / bytesPerSecond) * 1000 : 0
    // One after another: what comes behind something large waits for it.
    last = Math.max(last, arrived) + passing
    queue.push({ bytes: Buffer.from(bytes.subarray(0, length)), due: last + delayMs })
    waiting += length
    if (waiting > MOST_WAITING_BYTES) connection.socket.pause()
    timer ??= setTimeout(() => serveDue(queue[0]?.due ?? 0), (queue[0]?.due ?? arrived) - arrived)
  }
  connection.socket.once('close', () => clearTimeout(timer))
  return () => {
    clearTimeout(timer)
    Reflect.deleteProperty(connection, 'receive')
    serveDue(Number.POSITIVE_INFINITY)
  }
}

/** Replies leave so many milliseconds late. Returns what ends it: those that wait leave at once. */
export function delayReplies(connection: Afflicted, delayMs: number): () => void {
  const { socket } = connection
  const queue: { readonly bytes: Buffer; readonly due: number }[] = []
  let timer: NodeJS.Timeout | undefined
  const writeDue = (until: number) => {
    timer = undefined
    for (let next = queue[0]; next && next.due <= until && !socket.destroyed; next = queue[0]) {
      queue.shift()
      socket.write(next.bytes)
    }
    const [next] = queue
    if (next && !socket.destroyed) timer = setTimeout(() => writeDue(next.due), next.due - performance.now())
  }
  connection.take = (bytes) => {
    const due = performance.now() + delayMs
    // The buffer is used again by the caller.
    queue.push({ bytes: Buffer.from(bytes), due })
    timer ??= setTimeout(() => writeDue(due), delayMs)
    return false
  }
  socket.once('close', () => clearTimeout(timer))
  return () => {
    clearTimeout(timer)
    Reflect.deleteProperty(connection, 'take')
    writeDue(Number.POSITIVE_INFINITY)
  }
}

function slowReplies(connection: Afflicted, bytesPerSecond: number): () => void {
  const { socket } = connection
  const slice = Math.max(1, Math.floor((bytesPerSecond * SLICE_MS) / 1000))
  let queue: Buffer[] = []
  let waiting = 0
  let timer: NodeJS.Timeout | undefined
  const writeAll = () => {
    for (const bytes of queue) socket.write(bytes)
    queue = []
    waiting = 0
  }
  const writeSlice = () => {
    timer = undefined
    let left = slice
    while (left > 0 && queue[0]) {
      const now = queue[0].subarray(0, left)
      if (now.length < queue[0].length) queue[0] = queue[0].subarray(left)
      else queue.shift()
      socket.write(now)
      left -= now.length
      waiting -= now.length
    }
    if (queue.length > 0) timer = setTimeout(writeSlice, SLICE_MS)
    else connection.drained()
  }
  connection.take = (bytes) => {
    // The buffer is used again by the caller.
    queue.push(Buffer.from(bytes))
    waiting += bytes.length
    if (waiting > MOST_WAITING_BYTES) connection.congested = true
    // `quit`: what has not been said by now would be lost.
    if (connection.closing) writeAll()
    else if (timer === undefined) writeSlice()
    return false
  }
  socket.once('close', () => clearTimeout(timer))
  return () => {
    clearTimeout(timer)
    Reflect.deleteProperty(connection, 'take')
    if (!socket.destroyed) writeAll()
    connection.drained()
  }
}

import type { Socket } from 'node:net'
import { soon } from '../net/clock.ts'
import type { DirectWrites, Insides } from '../net/serve/node-insides.ts'
import type { ReplySink } from '../net/serve/write-queue.ts'
import type { CacheCore } from './core.ts'
import { consumeBinary } from './framing-binary.ts'
import { consumeText } from './framing-text.ts'
import { consumeLogin, type Login } from './login.ts'
import type { Mode } from './store/operations.ts'

const EMPTY = Buffer.alloc(0)
const BINARY_MAGIC = 0x80
// A client that does not read its replies is not read from either, once it is this far behind. Above Node's own
// high-water mark, so that 'drain' is certain to come.
const CONGESTED_BYTES = 1 << 20

// To stop and go on costs as much as some ten requests: after every twenty, deep pipelines took nearly twice the time. 200
// take a fifth of a millisecond.
const FEWEST_PER_TURN = 200

/** What the next bytes of a connection are. */
export type Expecting = 'command' | 'value' | 'configuration' | 'keys' | 'swallow'

/** One client: its bytes in, its replies out, and what it is in the middle of. */
export class Connection implements ReplySink {
  readonly core: CacheCore
  readonly socket: Socket
  readonly id: number
  readonly localAddress: string
  readonly peerAddress: string
  /** The node's seconds at the last command, for idle_timeout. */
  lastCommandAt: number
  expecting: Expecting = 'command'
  closing = false
  /** Whether it has said who it is, on a node that asks. */
  admitted = false
  /** Why it ended, in memcached's words, once it has. */
  closeReason: 'normal' | 'error' | 'idle_timeout' = 'normal'
  /** Replies pile up: nothing more is taken from this client until they drain. */
  congested = false
  noreply = false

  // A value on its way in.
  item = 0
  valueAt = 0
  valueEnd = 0
  mode: Mode = 'set'
  /** What to do with it once it is there. */
  complete: (connection: Connection) => void = () => undefined
  /** The CAS unique the client gave; 0 for none. */
  casLow = 0
  casHigh = 0
  /** Bytes still to be thrown away, and what to answer then. */
  swallow = 0
  afterSwallow: Buffer | undefined
  /** What the answer to `ms` echoes. */
  metaReturns: readonly string[] = []
  /** `ms I`: an older CAS unique may store its value, which then counts as stale. */
  mayBeStale = false
  // The binary request being served.
  opcode = 0
  opaque = 0
  /** A configuration entry on its way in. */
  configuration: { name: string; flags: number; data: Buffer } | undefined
  /** Which get was interrupted by congestion. */
  resumeKeys: ((connection: Connection, bytes: Buffer, at: number, end: number) => number) | undefined

  #protocol: 'unknown' | 'text' | 'binary' = 'unknown'
  // Bytes that came without the end of their command.
  #pending: Buffer = EMPTY
  #pendingLength = 0
  /** How many bytes of an incomplete line have been searched for its end. */
  searched = 0
  // Buffers of replies that the socket has not finished writing.
  #held: Buffer[] | undefined
  // Requests since it last stopped for others, as far as it had more than its share.
  #served = 0
  // A client that does not read either has to wait for 'drain'.
  readonly #goOn = (): void => {
    if (this.#behind() <= CONGESTED_BYTES) this.resume()
  }
  // TLS keeps what it is given until it has encrypted it, so that it gets copies.
  readonly #copyWrites: boolean
  readonly #direct: DirectWrites | undefined

  constructor(core: CacheCore, socket: Socket, id: number, tls: boolean, directWrites?: Insides['directWrites']) {
    this.core = core
    this.socket = socket
    this.id = id
    this.#copyWrites = tls
    this.#direct = tls
      ? undefined
      : directWrites?.(socket, (failed) => {
          if (failed) this.#lost()
          else if (socket.writableLength === 0) this.drained()
        })
    this.lastCommandAt = core.store.now
    this.localAddress = address(socket.localAddress, socket.localPort)
    this.peerAddress = address(socket.remoteAddress, socket.remotePort)
  }

  get protocol(): 'unknown' | 'text' | 'binary' {
    return this.#protocol
  }

  /** Takes what was read; the bytes may be reused by the caller afterwards. */
  receive(bytes: Buffer, length: number): void {
    const { core } = this
    core.counters.bytesRead += length
    core.counters.packetsIn++
    core.serving = this
    if (core.meter !== undefined) core.meter.begin(this)
    core.replies.begin(this)
    if (this.#pendingLength > 0) {
      this.#keep(bytes, 0, length)
      this.#consumePending()
    } else {
      const used = this.#consume(bytes, length)
      if (used < length && !this.closing) this.#keep(bytes, used, length)
    }
    core.replies.end()
    if (core.meter !== undefined) core.meter.end()
    this.#afterTurn()
  }

  /** All that was written is on its way: goes on after congestion. */
  drained(): void {
    this.#letGo()
    this.resume()
  }

  /** Serves what waits, if it had to: after congestion, or when the meter lets it. */
  resume(): void {
    if (!this.congested || this.socket.destroyed) return
    const { core } = this
    this.congested = false
    core.serving = this
    if (core.meter !== undefined) core.meter.begin(this)
    core.replies.begin(this)
    this.#consumePending()
    core.replies.end()
    if (core.meter !== undefined) core.meter.end()
    this.#afterTurn()
    if (!this.congested && !this.closing) this.socket.resume()
  }

  /**
   * Called when a client has had its share of requests (`-R`) and has more: counts it, as memcached does. Answers whether it
   * has to stop because it is the turn of others.
   */
  giveWay(): boolean {
    const { connections, counters, settings } = this.core
    counters.connectionYields++
    this.#served += settings.requestsPerEvent
    if (this.#served < FEWEST_PER_TURN || connections.size < 2) return false
    this.#served = 0
    this.congested = true
    soon(this.#goOn)
    return true
  }

  get patient(): boolean {
    // TLS has nothing of it.
    return (
      !this.#copyWrites && this.#behind() === 0 && !this.closing && !this.congested && this.core.watchers === undefined
    )
  }

  take(bytes: Buffer, whole: Buffer | undefined): boolean {
    const { socket } = this
    if (socket.destroyed) return false
    this.core.counters.packetsOut++
    const waiting = this.#behind() > 0
    if (!waiting && this.#held !== undefined) this.#letGo()
    // A client that is behind costs what it is sent, rather than a whole buffer each time.
    const copied = this.#copyWrites || (waiting && whole !== undefined && bytes.length < whole.length / 2)
    this.#write(copied ? Buffer.from(bytes) : bytes)
    const behind = this.#behind()
    if (behind > CONGESTED_BYTES) this.congested = true
    if (copied || behind === 0) return false
    if (whole !== undefined) {
      this.#held ??= []
      this.#held.push(whole)
    }
    return true
  }

  /** Hangs up, once replies are out, on a client that does not speak the protocol. */
  breakOff(): void {
    this.closing = true
    this.closeReason = 'error'
  }

  /** Called once the socket is gone. */
  closed(): void {
    if (this.item !== 0) this.core.store.free(this.item)
    this.item = 0
    this.#pending = EMPTY
    this.#pendingLength = 0
  }

  /** Bytes written that the system has not taken yet. */
  #behind(): number {
    return this.socket.writableLength + (this.#direct?.pending ?? 0)
  }

  #write(bytes: Buffer): void {
    if (this.#direct === undefined) this.socket.write(bytes)
    else if (!this.#direct.write(bytes)) this.#lost()
  }

  #lost(): void {
    this.closeReason = 'error'
    this.socket.destroy()
  }

  #letGo(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) for (const whole of held) this.core.replies.recycle(whole)
  }

  #afterTurn(): void {
    // Both directions, as memcached does: a client that never closes its side leaves nothing behind.
    if (this.closing) this.socket.destroySoon()
    else if (this.congested) this.socket.pause()
  }

  #consume(bytes: Buffer, length: number): number {
    if (this.#protocol === 'unknown') {
      const { bindingProtocol, binaryEndsConnection, login } = this.core.settings
      if (login !== undefined && !this.admitted) return this.#admit(login, bytes, length)
      if (binaryEndsConnection && bytes[0] === BINARY_MAGIC) {
        this.breakOff()
        return length
      }
      const binary = bindingProtocol === 'auto' ? bytes[0] === BINARY_MAGIC : bindingProtocol === 'binary'
      this.#protocol = binary ? 'binary' : 'text'
    }
    return this.#protocol === 'binary' ? consumeBinary(this, bytes, 0, length) : consumeText(this, bytes, 0, length)
  }

  #admit(login: Login, bytes: Buffer, length: number): number {
    const used = consumeLogin(this, login, bytes, length)
    return this.admitted && used < length ? used + this.#consume(bytes.subarray(used, length), length - used) : used
  }

  #consumePending(): void {
    const used = this.#consume(this.#pending, this.#pendingLength)
    this.#pending.copyWithin(0, used, this.#pendingLength)
    this.#pendingLength -= used
    if (this.#pendingLength === 0) {
      this.#pending = EMPTY
      this.searched = 0
    }
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#pendingLength + end - start
    if (needed > this.#pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#pending.length, 2048))
      this.#pending.copy(larger, 0, 0, this.#pendingLength)
      this.#pending = larger
    }
    bytes.copy(this.#pending, this.#pendingLength, start, end)
    this.#pendingLength = needed
  }
}

function address(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return 'unix:' // or gone already: neither has an address
  return host.includes(':') ? `tcp6:[${host}]:${port}` : `tcp:${host}:${port}`
}

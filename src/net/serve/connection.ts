import type { Socket } from 'node:net'
import { soon } from '../clock.ts'
import type { Afflicted } from './impairment.ts'
import type { DirectWrites, Insides } from './node-insides.ts'
import type { SocketCounters } from './socket-counters.ts'
import type { ReplySink, WriteQueue } from './write-queue.ts'

const EMPTY = Buffer.alloc(0)
// A client that does not read its replies is not read from either, once it is this far behind. Above Node's own
// high-water mark, so that 'drain' is certain to come.
const CONGESTED_BYTES = 1 << 20

// To stop and go on costs as much as some ten requests: after every twenty, deep pipelines took nearly twice the time. 200
// take a fifth of a millisecond.
const FEWEST_PER_TURN = 200

// What is kept of a request that has not come whole has room for all of it, if it says how long it is, up to this: what a client
// promises takes no memory until it comes.
const MOST_AHEAD = 64 << 20
const LARGE = 32 * 1024
const LEAST_KEPT = 2048

/** Speaks with one client in one protocol. It answers through the write queue of its {@link Protocol}. */
export interface Talker {
  /**
   * Serves what `bytes[0, end)` holds, and answers how far it came. The rest is offered again: with what follows it, or once the
   * connection goes on. To be left as soon as the connection is `closing` or `congested`. The bytes are valid during the call.
   */
  consume(bytes: Buffer, end: number): number
  /** How long a request is that `consume` has stopped in, as far as it knows. */
  readonly wanted?: number
  /** Called after each `consume`, once the replies have left or wait for their turn. */
  served(): void
  /** The client is gone. */
  ended(): void
}

/** What a server's owner gives it, and all its connections share. */
export interface Protocol<T extends Talker = Talker> {
  readonly replies: WriteQueue
  readonly counters: SocketCounters
  readonly connections: Set<Connection<T>>
  /** Makes the talker of a new connection. */
  talk(connection: Connection<T>): T
}

/** One client's socket: its bytes in, its replies out, in turns with those of other clients. */
export class Connection<T extends Talker = Talker> implements ReplySink, Afflicted {
  readonly socket: Socket
  readonly talker: T
  /** Hung up on, once its replies are out; a talker that has heard its client's goodbye sets it. */
  closing = false
  /**
   * Nothing more is served until `resume`: replies pile up and have to drain first, or the talker wants it so. Then it is the
   * talker's part to have `resume` called.
   */
  congested = false
  /** Why it ended, once it has. */
  end: 'normal' | 'error' | 'idle' = 'normal'
  /** All bytes that came, and all that were handed to the socket. */
  bytesRead = 0
  bytesWritten = 0

  readonly #protocol: Protocol<T>
  // Bytes that came without the end of their request.
  #pending: Buffer = EMPTY
  #pendingLength = 0
  // Buffers of replies that the socket has not finished writing.
  #held: Buffer[] | undefined
  // Requests since it last stopped for others, as far as it had more than its share.
  #served = 0
  // TLS keeps what it is given until it has encrypted it, so that it gets copies.
  readonly #copyWrites: boolean
  readonly #direct: DirectWrites | undefined

  constructor(
    protocol: Protocol<T>,
    socket: Socket,
    secure: boolean,
    directWrites?: Insides['directWrites'],
    talk: Protocol<T>['talk'] = (connection) => protocol.talk(connection),
  ) {
    this.#protocol = protocol
    this.socket = socket
    this.#copyWrites = secure
    this.#direct = secure
      ? undefined
      : directWrites?.(socket, (failed) => {
          if (failed) this.drop('error')
          else if (socket.writableLength === 0) this.drained()
        })
    this.talker = talk(this)
  }

  /** Takes what was read; the bytes may be reused by the caller afterwards. */
  receive(bytes: Buffer, length: number): void {
    const { counters, replies } = this.#protocol
    counters.bytesRead += length
    counters.packetsIn++
    this.bytesRead += length
    replies.begin(this)
    if (this.#pendingLength > 0) {
      this.#keep(bytes, 0, length)
      this.#consumePending()
    } else {
      const used = this.talker.consume(bytes, length)
      if (used < length && !this.closing) this.#keep(bytes, used, length)
    }
    replies.end()
    this.talker.served()
    this.#afterTurn()
  }

  /** All that was written is on its way: goes on after congestion. */
  drained(): void {
    this.#letGo()
    this.resume()
  }

  /** Serves what waits, if it had to. */
  resume(): void {
    if (!this.congested || this.socket.destroyed) return
    const { replies } = this.#protocol
    this.congested = false
    replies.begin(this)
    this.#consumePending()
    replies.end()
    this.talker.served()
    this.#afterTurn()
    if (!this.congested && !this.closing) this.socket.resume()
  }

  /**
   * Called when a client has had its share of requests and has more. Answers whether it has to stop because it is the turn of
   * others; it goes on by itself.
   * @param share Requests that it had; several shares may have to be had before it stops. Absent: as many as it takes.
   */
  giveWay(share = FEWEST_PER_TURN): boolean {
    this.#served += share
    if (this.#served < FEWEST_PER_TURN || this.#protocol.connections.size < 2) return false
    this.#served = 0
    this.congested = true
    soon(() => {
      // A client that does not read either has to wait for 'drain'.
      if (this.behind <= CONGESTED_BYTES) this.resume()
    })
    return true
  }

  get patient(): boolean {
    // Replies under TLS never wait for those of other connections: each is copied for the encryption anyway.
    return !this.#copyWrites && this.behind === 0 && !this.closing && !this.congested
  }

  take(bytes: Buffer, whole: Buffer | undefined): boolean {
    const { socket } = this
    if (socket.destroyed) return false
    this.#protocol.counters.packetsOut++
    this.bytesWritten += bytes.length
    const waiting = this.behind > 0
    if (!waiting && this.#held !== undefined) this.#letGo()
    // A client that is behind costs what it is sent, rather than a whole buffer each time.
    const copied = this.#copyWrites || (waiting && whole !== undefined && bytes.length < whole.length / 2)
    this.#write(copied ? Buffer.from(bytes) : bytes)
    const behind = this.behind
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
    this.end = 'error'
  }

  /** Hangs up at once. */
  drop(why: 'error' | 'idle'): void {
    this.end = why
    this.socket.destroy()
  }

  /** Called once the socket is gone. */
  closed(): void {
    this.#pending = EMPTY
    this.#pendingLength = 0
    this.talker.ended()
  }

  /** Bytes written that the system has not taken yet. */
  get behind(): number {
    return this.socket.writableLength + (this.#direct?.pending ?? 0)
  }

  #write(bytes: Buffer): void {
    if (this.#direct === undefined) this.socket.write(bytes)
    else if (!this.#direct.write(bytes)) this.drop('error')
  }

  #letGo(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) for (const whole of held) this.#protocol.replies.recycle(whole)
  }

  #afterTurn(): void {
    // Both directions: a client that never closes its side leaves nothing behind.
    if (this.closing) this.socket.destroySoon()
    else if (this.congested) this.socket.pause()
  }

  #consumePending(): void {
    const used = this.talker.consume(this.#pending, this.#pendingLength)
    this.#pending.copyWithin(0, used, this.#pendingLength)
    this.#pendingLength -= used
    if (this.#pendingLength === 0) this.#moveTo(EMPTY)
  }

  /** Keeps what is pending in another buffer. */
  #moveTo(buffer: Buffer): void {
    const before = this.#pending
    before.copy(buffer, 0, 0, this.#pendingLength)
    this.#pending = buffer
    this.#protocol.replies.recycle(before)
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#pendingLength + end - start
    if (needed > this.#pending.length) {
      const ahead = Math.min(MOST_AHEAD, this.talker.wanted ?? 0)
      const room = needed <= ahead ? ahead : Math.max(needed, 2 * this.#pending.length, LEAST_KEPT)
      this.#moveTo(room > LARGE ? this.#protocol.replies.buffer(room) : Buffer.allocUnsafe(room))
    }
    bytes.copy(this.#pending, this.#pendingLength, start, end)
    this.#pendingLength = needed
  }
}

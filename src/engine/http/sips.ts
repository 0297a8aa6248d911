/**
 * Reading from strangers in sips. The parser of node:http works through whatever a read has brought, 64 KB and thousands of
 * requests if a client wants, in one turn of the event loop (measured: 50 ms a connection), and cannot be stopped. So it is
 * given little at a time, and nothing more once a request of the connection has been refused; and of all strangers only some
 * have their turn before others are served again.
 */
import type { Socket } from 'node:net'

const SIP_BYTES = 256
/** A call of an SDK, its body with it, is smaller: it is read in one turn. */
const DRAUGHT_BYTES = 4_096
/** Of a body whose length is known, which costs the parser nothing. */
const GULP_BYTES = 65_536
const SOCKETS_A_TURN = 16

interface Drinker {
  readonly readable: () => void
  /** Bytes that may still be read, in gulps; infinite: the head does not say, and they are read in sips. */
  allowance: number
}

export class Sips {
  readonly #drinkers = new WeakMap<Socket, Drinker>()
  /** Those with bytes to be read, in the order in which they came. */
  readonly #thirsty = new Set<Socket>()
  #turnsLeft = SOCKETS_A_TURN
  #isScheduled = false

  /**
   * A connection that node:http has taken; from now on it gets what this class reads. A listener to `readable` makes a stream
   * wait for calls of read(), and what read() returns is `data` to others; where a stream would not do so, nothing is lost.
   */
  add(socket: Socket): void {
    const readable = () => this.#readable(socket)
    this.#drinkers.set(socket, { readable, allowance: Number.POSITIVE_INFINITY })
    socket.on('readable', readable)
  }

  has(socket: Socket): boolean {
    return this.#drinkers.has(socket)
  }

  /** The connection may be read as fast as it sends. */
  release(socket: Socket): void {
    const drinker = this.#drinkers.get(socket)
    if (!drinker) return
    this.#drinkers.delete(socket)
    this.#thirsty.delete(socket)
    socket.off('readable', drinker.readable)
  }

  /** So many bytes are read from now on, the body of a request, and no other request unless it is released. */
  allow(socket: Socket, bytes: number): void {
    const drinker = this.#drinkers.get(socket)
    if (drinker) drinker.allowance = bytes
  }

  /** Nothing more is read. */
  stop(socket: Socket): void {
    if (this.#drinkers.has(socket)) this.allow(socket, 0)
    else socket.pause()
  }

  #readable(socket: Socket): void {
    if (this.#turnsLeft > 0) this.#drink(socket)
    else this.#thirsty.add(socket)
    this.#schedule()
  }

  #drink(socket: Socket): void {
    this.#turnsLeft--
    for (let taken = 0; taken < DRAUGHT_BYTES; ) {
      // Each read may have told of a request that says how to go on.
      const drinker = this.#drinkers.get(socket)
      if (!drinker || drinker.allowance === 0) return
      const { allowance } = drinker
      const most = allowance === Number.POSITIVE_INFINITY ? SIP_BYTES : Math.min(allowance, GULP_BYTES)
      // Without a size where nothing is there: that is how a stream is asked for its end.
      const bytes: Buffer | null = socket.read(Math.min(most, socket.readableLength) || undefined)
      if (bytes === null) return
      taken += bytes.length
      if (drinker.allowance === allowance) drinker.allowance -= bytes.length
    }
    if (socket.readableLength > 0) this.#thirsty.add(socket)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#turnsLeft = SOCKETS_A_TURN
      for (const socket of this.#thirsty) {
        if (this.#turnsLeft === 0) break
        this.#thirsty.delete(socket)
        this.#drink(socket)
      }
      if (this.#thirsty.size > 0) this.#schedule()
    })
  }
}

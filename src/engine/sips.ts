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
/** Where bytes are thrown away, and not parsed. */
const DRAIN_BYTES = 65_536
const SOCKETS_A_TURN = 16

interface Drinker {
  readonly readable: () => void
  does: 'sip' | 'drain' | 'nothing'
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
    this.#drinkers.set(socket, { readable, does: 'sip' })
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

  /** What is left of a body that nobody wants goes by in larger pieces. */
  drain(socket: Socket): void {
    const drinker = this.#drinkers.get(socket)
    if (drinker) drinker.does = 'drain'
  }

  /** Nothing more is read. */
  stop(socket: Socket): void {
    const drinker = this.#drinkers.get(socket)
    if (drinker) drinker.does = 'nothing'
    else socket.pause()
  }

  #readable(socket: Socket): void {
    if (this.#turnsLeft > 0) this.#drink(socket)
    else this.#thirsty.add(socket)
    this.#schedule()
  }

  #drink(socket: Socket): void {
    const drinker = this.#drinkers.get(socket)
    this.#turnsLeft--
    for (let taken = 0; taken < DRAUGHT_BYTES && drinker?.does !== 'nothing'; ) {
      // The first request has told who it is: the stream flows by itself.
      if (!drinker || !this.#drinkers.has(socket)) return
      const sip = drinker.does === 'drain' ? DRAIN_BYTES : SIP_BYTES
      // Without a size where nothing is there: that is how a stream is asked for its end.
      if (socket.read(Math.min(sip, socket.readableLength) || undefined) === null) return
      taken += sip
    }
    if (drinker?.does !== 'nothing' && socket.readableLength > 0) this.#thirsty.add(socket)
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

import type { Connection, Talker } from '../net/serve/connection.ts'
import { execute } from './call.ts'
import { Client } from './client.ts'
import type { Core } from './core.ts'
import type { Guest, Meter } from './keeper.ts'
import { BROKEN, INCOMPLETE, RequestParser } from './protocol/parser.ts'

// What these answer is told as messages are, which are never skipped.
const SUBSCRIBING = /^[ps]?(?:un)?subscribe$/
const MINUS = 0x2d

// A client that pipelines is served for so long before others get their turn. The system has two megabytes of its requests at once.
const SHARE_MS = 1
// Requests between two looks at the clock.
const REQUESTS_PER_LOOK = 32
// A read of so many bytes may be followed by more in the same turn.
const LARGE_READ = 32 * 1024
const UNTIMED = -1

/** Speaks RESP with one client. */
export class RedisTalker implements Talker {
  readonly client: Client
  readonly #core: Core
  readonly #parser: RequestParser
  /** Of what was at hand when its meter last held it, what has not been served yet: it had to wait. */
  #heldBytes = 0
  readonly #goOn = (): void => this.#release()
  // When its share began.
  #began = UNTIMED

  constructor(core: Core, connection: Connection, guest?: Guest) {
    this.#core = core
    this.client = new Client(core, connection, guest)
    this.#parser = new RequestParser(core.config.settings)
    core.clients.set(this.client.id, this.client)
  }

  get wanted(): number {
    return this.#parser.wanted
  }

  consume(bytes: Buffer, end: number): number {
    const core = this.#core
    const { client } = this
    if (this.#asksTooMuch(end)) return end
    if (client.blocked !== undefined || client.paused) return 0
    const { connection } = client
    const { args, replies } = core
    core.refreshTime()
    core.serving = client
    replies.resp = client.resp
    client.queryBytes = end
    const meter = client.guest?.meter
    if (end < LARGE_READ) this.#began = UNTIMED
    let at = 0
    let unlooked = REQUESTS_PER_LOOK
    while (at < end) {
      this.#parser.stranger = client.user === undefined
      const next = this.#parser.parse(args, bytes, at, end)
      if (next === INCOMPLETE) break
      if (next === BROKEN) {
        if (client.replyMode === 'on') replies.error(`ERR Protocol error: ${this.#parser.failure}`)
        client.endAfterReplies()
        break
      }
      const start = at
      at = next
      if (args.count === 0) continue
      if (meter?.holds(this.#goOn) === true) {
        this.#heldBytes = end - start
        if (connection !== undefined) connection.congested = true
        at = start
        break
      }
      client.commands++
      const before = meter === undefined ? 0 : replies.produced
      if (client.replyMode === 'on') execute(client, args)
      else this.#executeQuietly()
      if (meter !== undefined && !client.paused) this.#count(meter, at - start, replies.produced - before)
      if (client.paused) {
        // Nothing of it has been done: it is served again once clients may go on.
        at = start
        break
      }
      if (client.blocked !== undefined || connection === undefined) break
      if (connection.closing || connection.congested) break
      if (--unlooked > 0) continue
      unlooked = REQUESTS_PER_LOOK
      if (this.#hasHadItsShare() && connection.giveWay()) break
    }
    core.serving = undefined
    client.queryBytes = 0
    return at
  }

  #hasHadItsShare(): boolean {
    const now = this.#core.clock.monotonicMs()
    if (this.#began === UNTIMED) this.#began = now
    if (now - this.#began < SHARE_MS) return false
    this.#began = UNTIMED
    return true
  }

  /**
   * Ends a client whose requests that could not be served yet take more than `client-query-buffer-limit`: it waits, or is in a
   * transaction, or never comes to the end of one.
   */
  #asksTooMuch(pending: number): boolean {
    const { connection, id, transaction } = this.client
    if (pending + (transaction?.bytes ?? 0) <= this.#core.config.settings.queryBufferLimit) return false
    this.#core.log('warning', `Closing client ${id} that reached max query buffer length`)
    connection?.drop('error')
    return true
  }

  #count(meter: Meter, asked: number, answered: number): void {
    const { client } = this
    const hadToWait = this.#heldBytes > 0
    this.#heldBytes = Math.max(0, this.#heldBytes - asked)
    if (client.blocked === undefined) meter.served(asked + answered, hadToWait)
    else client.unmetered = asked
  }

  #release(): void {
    const { connection } = this.client
    if (connection === undefined) return
    connection.congested = true
    connection.resume()
  }

  /** CLIENT REPLY OFF and SKIP: what is answered is thrown away. */
  #executeQuietly(): void {
    const { client } = this
    const { args, replies } = this.#core
    const mode = client.replyMode
    const reply = replies.capture(() => execute(client, args))
    const isPushed = SUBSCRIBING.test(client.lastCommand) && reply[0] !== MINUS
    if (isPushed || client.replyMode === 'on') replies.text(reply)
    if (client.replyMode === 'skip-next') client.replyMode = 'skip'
    else if (mode === 'skip' && client.replyMode === 'skip') client.replyMode = 'on'
    client.updateGate()
  }

  served(): void {
    this.#core.deliver()
  }

  ended(): void {
    this.#core.leave(this.client)
  }
}

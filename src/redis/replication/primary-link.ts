import net from 'node:net'
import tls from 'node:tls'
import { Connection, type Talker } from '../../net/serve/connection.ts'
import type { SocketCounters } from '../../net/serve/socket-counters.ts'
import { type Command, encodeCommand } from '../../protocols/resp/encode.ts'
import type { User } from '../access.ts'
import { execute } from '../call.ts'
import { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { BROKEN, INCOMPLETE, RequestParser } from '../protocol/parser.ts'
import { Handshake, type Introduction, psync, verdictOf } from './handshake.ts'
import type { Place } from './history.ts'
import { Payload } from './payload.ts'

/** The primary may do everything. */
const PRIMARY: User = { name: '(superuser)', unrestricted: true }
const LF = 0x0a
const CR = 0x0d
const MINUS = 0x2d
const LONGEST_LINE = 4096

/** Where a link is, in the words of ROLE but for `stream`. */
export type LinkPhase = 'connecting' | 'handshake' | 'sync' | 'stream'

export interface PrimaryAddress {
  readonly host: string
  readonly port: number
}

/** What becomes of what a link hears. */
export interface Listener {
  /** What it goes on from; undefined: from nothing. */
  readonly place: Place | undefined
  /** The database that the stream is in. */
  database: number
  /** A snapshot of the history up to `place` is about to come. */
  begins(place: Place): void
  /** Some of it, valid during the call. */
  loads(bytes: Buffer): void
  /** All of it has come. The link is to be told by `goOn`, if it is in place. */
  loaded(): void
  /** The history goes on from where it was, under this id. */
  continues(id: string | undefined): void
  /** These bytes of the history have been done. */
  applied(bytes: Buffer, start: number, end: number): void
  /** The link is gone. */
  lost(why: string): void
}

export interface LinkOptions {
  readonly address: PrimaryAddress
  readonly introduction: () => Introduction
  /** The primary is to give up its role for this node. */
  readonly isFailover: boolean
  readonly tls: tls.ConnectionOptions | undefined
}

/** One connection of a replica to its primary, from the first byte to the last. */
export class PrimaryLink implements Talker {
  phase: LinkPhase = 'connecting'
  /** When something was heard last. */
  heardAt: number
  /** The file that is coming. */
  payload: Payload | undefined
  /** Stands for the primary, once it tells what it does. */
  client: Client | undefined
  readonly #core: Core
  readonly #options: LinkOptions
  readonly #listener: Listener
  readonly #connection: Connection
  readonly #handshake: Handshake
  readonly #parser: RequestParser
  /** What was asked for, and has not been answered yet. */
  #asked: 'introduction' | 'psync' | 'payload' = 'introduction'
  #why = 'Connection with master lost.'
  /** What was done of the history and is not to be told yet: of a transaction that has not ended. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** The primary wants to know how far this node is. */
  #isAsked = false
  #isOver = false

  constructor(core: Core, options: LinkOptions, counters: SocketCounters, listener: Listener) {
    this.#core = core
    this.#options = options
    this.#listener = listener
    this.#handshake = new Handshake(options.introduction())
    this.#parser = new RequestParser({ maxBulk: Number.POSITIVE_INFINITY })
    this.heardAt = core.keyspace.now
    const { host, port } = options.address
    const isSecure = options.tls !== undefined
    const from = core.config.text('bind-source-addr')
    const place = { host, port, noDelay: true, ...(from !== '' && { localAddress: from }) }
    const socket = isSecure ? tls.connect({ ...place, ...options.tls }) : net.connect(place)
    const protocol = { replies: core.replies, counters, connections: new Set<Connection>(), talk: () => this }
    const connection = new Connection(protocol, socket, isSecure)
    this.#connection = connection
    socket.once(isSecure ? 'secureConnect' : 'connect', () => this.#begin())
    socket.on('data', (bytes: Buffer) => connection.receive(bytes, bytes.length))
    socket.on('drain', () => connection.drained())
    socket.on('error', (error) => {
      this.#why = `Error condition on socket for SYNC: ${error.message}`
      connection.drop('error')
    })
    socket.on('close', () => connection.closed())
  }

  /** Bytes of the history that have come, beyond those that are done. */
  get held(): number {
    return this.#heldBytes
  }

  /** Tells the primary how far this node is. */
  acknowledge(): void {
    if (this.phase === 'stream' && this.#listener.place) this.#say(['REPLCONF', 'ACK', this.#listener.place.offset])
  }

  /** The same once what is being done is done. */
  acknowledgeSoon(): void {
    this.#isAsked = true
  }

  /** Tells the primary that it is not in vain that it waits. */
  nudge(): void {
    if (this.#asked === 'payload') this.#connection.socket.write('\n')
  }

  /** What was loaded is in place: what follows it is done from now on. */
  goOn(): void {
    if (this.#isOver) return
    this.#stream()
    this.#core.log('notice', 'MASTER <-> REPLICA sync: Finished with success')
    this.acknowledge()
  }

  /** Ends it; its owner is told nothing any more, unless there is something to tell. */
  close(why?: string): void {
    if (why === undefined) this.#isOver = true
    else this.#why = why
    this.#connection.drop('error')
  }

  consume(bytes: Buffer, end: number): number {
    this.#core.refreshTime()
    this.heardAt = this.#core.keyspace.now
    let at = 0
    while (at < end && !this.#isOver && !this.#connection.closing && !this.#connection.congested) {
      const next = this.#next(bytes, at, end)
      if (next === INCOMPLETE) break
      at = next
    }
    return at
  }

  #next(bytes: Buffer, at: number, end: number): number {
    if (this.phase === 'stream') return this.#apply(bytes, at, end)
    if (this.payload !== undefined) return this.#load(this.payload, bytes.subarray(at, end), at)
    const lineEnd = bytes.subarray(at, end).indexOf(LF)
    if (lineEnd < 0) {
      if (end - at > LONGEST_LINE) this.close('Master sends a line that does not end')
      return INCOMPLETE
    }
    const after = at + lineEnd
    const line = bytes.toString('latin1', at, bytes[after - 1] === CR && after > at ? after - 1 : after)
    // While it makes a file it says from time to time that it is still there.
    if (line !== '') this.#answered(line)
    return after + 1
  }

  served(): void {
    this.#core.deliver()
  }

  ended(): void {
    const { client } = this
    if (client) this.#core.leave(client)
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.lost(this.#why)
  }

  #begin(): void {
    this.phase = 'handshake'
    this.#core.log('notice', 'Non blocking connect for SYNC fired the event.')
    for (const command of this.#handshake.begin()) this.#say(command)
  }

  #say(command: Command): void {
    this.#connection.socket.write(encodeCommand(command))
  }

  #answered(line: string): void {
    if (this.#asked === 'psync') this.#judged(line)
    else if (this.#asked === 'payload') this.#announced(line)
    else {
      const next = this.#handshake.answer(line)
      if (next.do === 'give up') this.close(next.why)
      else if (next.do === 'say') {
        this.#core.log('notice', 'Master replied to PING, replication can continue...')
        for (const command of next.commands) this.#say(command)
      } else if (next.do === 'synchronize') this.#synchronize()
    }
  }

  #synchronize(): void {
    const { place } = this.#listener
    this.#asked = 'psync'
    this.#core.log(
      'notice',
      place === undefined
        ? 'Partial resynchronization not possible (no cached master)'
        : `Trying a partial resynchronization (request ${place.id}:${place.offset + 1}).`,
    )
    this.#say(psync(place, this.#options.isFailover))
  }

  #judged(line: string): void {
    const verdict = verdictOf(line)
    if (verdict.sync === 'full') {
      this.#core.log('notice', `Full resync from master: ${verdict.place.id}:${verdict.place.offset}`)
      this.#asked = 'payload'
      this.#listener.begins(verdict.place)
      this.phase = 'sync'
    } else if (verdict.sync === 'partial') {
      this.#core.log('notice', 'Successful partial resynchronization with master.')
      this.#listener.continues(verdict.id)
      this.#stream()
    } else this.close(`Master does not synchronize: ${verdict.why}`)
  }

  #announced(line: string): void {
    this.payload = Payload.of(line)
    if (this.payload === undefined) {
      const how = line.startsWith('-') ? `MASTER aborted replication with an error: ${line.slice(1)}` : undefined
      this.close(how ?? `Bad protocol from MASTER, the first byte is not '$' (we received '${line}')`)
      return
    }
    const { size } = this.payload
    const how = size === undefined ? 'streamed RDB from master with EOF' : `${size} bytes from master`
    this.#core.log('notice', `MASTER <-> REPLICA sync: receiving ${how} to parser`)
  }

  #load(payload: Payload, bytes: Buffer, at: number): number {
    const { file, used, isLast } = payload.take(bytes)
    for (const piece of file) this.#listener.loads(piece)
    if (isLast) {
      this.payload = undefined
      this.#listener.loaded()
    }
    return at + used
  }

  #stream(): void {
    const client = new Client(this.#core, this.#connection)
    client.kind = 'master'
    client.user = PRIMARY
    client.denyBlocking = true
    client.db = this.#core.keyspace.db(this.#listener.database)
    client.updateGate()
    this.client = client
    this.#core.clients.set(client.id, client)
    this.phase = 'stream'
  }

  /** Does what the primary has done. */
  #apply(bytes: Buffer, from: number, end: number): number {
    const { client } = this
    const core = this.#core
    const { args, keyspace, replies } = core
    if (client === undefined) return INCOMPLETE
    const execution = (): void => execute(client, args)
    core.serving = client
    replies.resp = client.resp
    keyspace.showsExpired = true
    core.obeys = true
    let [at, done] = [from, from]
    while (at < end && !this.#isOver && !this.#connection.closing) {
      const next = this.#parser.parse(args, bytes, at, end)
      if (next === INCOMPLETE) break
      if (next === BROKEN) {
        this.close(`Protocol error (Master using the inline protocol. Desync?): ${this.#parser.failure}`)
        break
      }
      at = next
      if (args.count > 0) this.#perform(client, execution)
      // What belongs together is told on together, and is asked for again together after the link was lost.
      if (client.transaction !== undefined) continue
      this.#tell(bytes, done, at)
      done = at
    }
    core.obeys = false
    keyspace.showsExpired = false
    core.serving = undefined
    this.#listener.database = client.db.id
    if (at > done) {
      this.#held.push(Buffer.from(bytes.subarray(done, at)))
      this.#heldBytes += at - done
    }
    if (this.#isAsked) {
      this.#isAsked = false
      this.acknowledge()
    }
    return at === from ? INCOMPLETE : at
  }

  #perform(client: Client, execution: () => void): void {
    client.commands++
    const reply = this.#core.replies.capture(execution)
    if (reply[0] === MINUS) {
      const line = reply.toString('latin1', 1, Math.max(1, reply.indexOf(CR)))
      this.#core.log(
        'warning',
        `== CRITICAL == This replica is sending an error to its master: '${line}' after processing the command '${this.#core.args.text(0)}'`,
      )
    }
  }

  #tell(bytes: Buffer, start: number, end: number): void {
    for (const held of this.#held) this.#listener.applied(held, 0, held.length)
    this.#held = []
    this.#heldBytes = 0
    this.#listener.applied(bytes, start, end)
  }
}

import type { Client } from '../client.ts'
import type { Backlog } from './backlog.ts'

/** What a replica says of itself before it asks to be synchronized (REPLCONF). */
export interface Greeting {
  port: number
  /** '': the one that it comes from. */
  address: string
  /** It finds the end of a file by a mark, so that its length need not be known before. */
  eof: boolean
  /** It takes another id with a partial resynchronization. */
  psync2: boolean
  version: string
  /** It wants the file and nothing after it: a client that makes a snapshot. */
  rdbOnly: boolean
  /** Whether the file is to have keys, and functions. */
  keys: boolean
  functions: boolean
}

export const STRANGER: Greeting = {
  port: 0,
  address: '',
  eof: false,
  psync2: false,
  version: '',
  rdbOnly: false,
  keys: true,
  functions: true,
}

/** In INFO's words: its file is being made, or sent, or it is told what goes on. */
export type ReplicaState = 'wait_bgsave' | 'send_bulk' | 'online'

/** One replica as its primary sees it. */
export class Replica {
  readonly client: Client
  readonly greeting: Greeting
  /** It never says how far it is. */
  readonly isOld: boolean
  state: ReplicaState = 'wait_bgsave'
  /** How far in the history what it was sent goes. */
  position: number
  /** How far what it has done goes, as it says, and when it said so. */
  acked = 0
  ackedAt: number
  /** The same of what is safe on its disk; -1: it has said nothing of that. */
  acknowledgedOnDisk = -1
  /** Nothing follows the mark at the end of a file until it has found it. */
  awaitsAck = false
  /** When the last of what is sent to it has left, while it gets its file. */
  movedAt: number
  /** Ends what is being sent to it. */
  cancel: () => void = () => undefined

  constructor(client: Client, greeting: Greeting, position: number, isOld: boolean) {
    this.client = client
    this.greeting = greeting
    this.isOld = isOld
    this.position = position
    this.ackedAt = client.core.keyspace.now
    this.movedAt = client.core.keyspace.now
  }

  get host(): string {
    return this.greeting.address || (this.client.connection?.socket.remoteAddress ?? '')
  }

  /** `127.0.0.1:6380`: where clients find it, as far as it has told. */
  get name(): string {
    const { host, greeting } = this
    return greeting.port > 0 ? `${host}:${greeting.port}` : `${host}:<unknown-replica-port>`
  }

  get hears(): boolean {
    return this.state === 'online' && !this.awaitsAck && !this.greeting.rdbOnly
  }

  /** Bytes that it has not taken yet. */
  unsent(backlog: Backlog | undefined): number {
    const waiting = backlog === undefined || this.greeting.rdbOnly ? 0 : backlog.end - this.position
    return waiting + (this.client.connection?.behind ?? 0)
  }

  /** Sends it what it has not been sent of the history. */
  send(backlog: Backlog): void {
    if (!this.hears || this.position === backlog.end) return
    for (const piece of backlog.from(this.position)) this.write(piece)
    this.position = backlog.end
  }

  /** Sends bytes that stay as they are. However far behind it is, what it says is heard: else it would be taken for gone. */
  write(bytes: Buffer): void {
    const { connection } = this.client
    if (connection === undefined || bytes.length === 0) return
    const { congested } = connection
    connection.take(bytes, undefined)
    connection.congested = congested
  }
}

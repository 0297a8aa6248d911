import type { Socket } from 'node:net'
import { inMilliseconds } from '../net/clock.ts'
import type { Client } from './client.ts'
import { EXPTIME, FETCHED, TIME } from './store/item.ts'
import type { ItemStore } from './store/items.ts'

export const TOPICS = ['fetchers', 'mutations', 'evictions', 'connevents', 'sysevents', 'rawcmds'] as const
export type Topic = (typeof TOPICS)[number]

const CRLF_BYTES = 2

/** Why a connection ended, in memcached's words. */
const REASONS = { normal: 'normal', error: 'error', idle: 'idle_timeout' } as const

// A write for each line costs more than the request it tells of, and fills what the system keeps for a reader with little.
// memcached's logger thread sleeps from one to a thousand milliseconds.
const GATHER_MS = 5

/** What one of them asked for, and what it is still to be sent. */
interface Log {
  readonly topics: ReadonlySet<Topic>
  lines: string
  skipped: number
}

/** The connections that `watch`, and the lines they get. Exists only while there are any. */
export class Watchers {
  /** Lines sent, and left out. */
  sent = 0
  skipped = 0
  readonly #logs = new Map<Client, Log>()
  readonly #store: ItemStore
  readonly #limit: number
  #sequence = 0
  #gathering = false

  readonly #serving: () => Client | undefined

  /**
   * @param limit Bytes that may wait for a watcher before lines are left out (watcher_logbuf_size).
   * @param serving Whose request it is that items are looked up for.
   */
  constructor(store: ItemStore, limit: number, serving: () => Client | undefined) {
    this.#store = store
    this.#limit = limit
    this.#serving = serving
  }

  get size(): number {
    return this.#logs.size
  }

  add(client: Client, topics: ReadonlySet<Topic>): void {
    this.#logs.set(client, { topics, lines: '', skipped: 0 })
    this.#store.onEviction = (item) => this.#evicted(item)
    // memcached logs each look at an item as a fetch, whatever the command: a set makes two lines.
    this.#store.onFind = (bytes, start, end, item) => this.#fetched(bytes, start, end, item)
  }

  delete(client: Client): void {
    this.#logs.delete(client)
    if (this.#logs.size > 0) return
    this.#store.onEviction = undefined
    this.#store.onFind = undefined
  }

  /** Ends the connections of all watching clients. */
  end(): void {
    this.#flush()
    for (const { connection } of this.#logs.keys()) connection.socket.end()
  }

  #fetched(key: Uint8Array, start: number, end: number, item: number): void {
    const [classId, size] = item === 0 ? [0, 0] : [this.#store.classOf(item), this.#store.valueBytes(item) - CRLF_BYTES]
    const status = item === 0 ? 'not_found' : 'found'
    this.#tell(
      'fetchers',
      `type=item_get key=${keyText(Buffer.from(key.subarray(start, end)).toString('latin1'))} status=${status} clsid=${classId} cfd=${this.#serving()?.id ?? 0} size=${size}`,
    )
  }

  stored(client: Client, key: string, status: string, ttl: number, classId: number, size: number): void {
    this.#tell(
      'mutations',
      `type=item_store key=${keyText(key)} status=${status} cmd=${client.mode} ttl=${ttl} clsid=${classId} cfd=${client.id} size=${size}`,
    )
  }

  #evicted(item: number): void {
    const { slabs, now } = this.#store
    const exptime = slabs.word(item, EXPTIME)
    this.#tell(
      'evictions',
      `type=eviction key=${keyText(this.#store.keyText(item))} fetch=${this.#store.has(item, FETCHED) ? 'yes' : 'no'} ttl=${exptime === 0 ? -1 : exptime - now} la=${now - slabs.word(item, TIME)} clsid=${this.#store.classOf(item)} size=${this.#store.valueBytes(item) - 2}`,
    )
  }

  connected({ connection: { socket }, id }: Client): void {
    this.#tell(
      'connevents',
      `type=conn_new rip=${socket.remoteAddress} rport=${socket.remotePort} transport=tcp cfd=${id}`,
    )
  }

  disconnected({ peerAddress, id, connection }: Client): void {
    const [, host = '', port = ''] = /^tcp6?:\[?(.*?)\]?:(\d+)$/.exec(peerAddress) ?? []
    this.#tell(
      'connevents',
      `type=conn_close rip=${host} rport=${port} transport=tcp reason=${REASONS[connection.end]} cfd=${id}`,
    )
  }

  #tell(topic: Topic, what: string): void {
    const line = `ts=${this.#store.unixTime(this.#store.now)}.000000 gid=${++this.#sequence} ${what}\n`
    for (const [{ connection }, log] of this.#logs) {
      const { socket } = connection
      if (!log.topics.has(topic)) continue
      if (socket.writableLength + log.lines.length > this.#limit) {
        log.skipped++
        this.skipped++
        continue
      }
      if (log.skipped > 0) log.lines += `skipped=${log.skipped}\n`
      log.skipped = 0
      log.lines += line
      this.sent++
      if (log.lines.length >= this.#limit / 2) send(socket, log)
    }
    if (this.#gathering) return
    this.#gathering = true
    inMilliseconds(GATHER_MS, () => this.#flush())
  }

  #flush(): void {
    this.#gathering = false
    for (const [{ connection }, log] of this.#logs) send(connection.socket, log)
  }
}

function send(socket: Socket, log: Log): void {
  if (log.lines !== '') socket.write(log.lines, 'latin1')
  log.lines = ''
}

/** A key as memcached logs it: what could break the line is percent-encoded. */
export function keyText(key: string): string {
  return key.replace(
    /[^A-Za-z0-9_.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

import type { Connection } from './connection.ts'
import { EXPTIME, FETCHED, TIME } from './store/item.ts'
import type { ItemStore } from './store/items.ts'

export const TOPICS = ['fetchers', 'mutations', 'evictions', 'connevents', 'sysevents', 'rawcmds'] as const
export type Topic = (typeof TOPICS)[number]

const CRLF_BYTES = 2

/** The connections that `watch`, and the lines they get. Exists only while somebody watches. */
export class Watchers {
  readonly #topics = new Map<Connection, ReadonlySet<Topic>>()
  readonly #store: ItemStore
  readonly #limit: number
  readonly #skipped = new Map<Connection, number>()
  #sequence = 0

  readonly #serving: () => Connection | undefined

  /**
   * @param limit Bytes that may wait for a watcher before lines are left out (watcher_logbuf_size).
   * @param serving Whose request it is that items are looked up for.
   */
  constructor(store: ItemStore, limit: number, serving: () => Connection | undefined) {
    this.#store = store
    this.#limit = limit
    this.#serving = serving
  }

  get size(): number {
    return this.#topics.size
  }

  add(connection: Connection, topics: ReadonlySet<Topic>): void {
    this.#topics.set(connection, topics)
    this.#store.onEviction = (item) => this.#evicted(item)
    // memcached logs each look at an item as a fetch, whatever the command: a set makes two lines.
    this.#store.onFind = (bytes, start, end, item) => this.#fetched(bytes, start, end, item)
  }

  delete(connection: Connection): void {
    this.#topics.delete(connection)
    this.#skipped.delete(connection)
    if (this.#topics.size > 0) return
    this.#store.onEviction = undefined
    this.#store.onFind = undefined
  }

  /** Ends the connections of all who watch. */
  end(): void {
    for (const { socket } of this.#topics.keys()) socket.end()
  }

  #fetched(key: Uint8Array, start: number, end: number, item: number): void {
    const [classId, size] = item === 0 ? [0, 0] : [this.#store.classOf(item), this.#store.valueBytes(item) - CRLF_BYTES]
    const status = item === 0 ? 'not_found' : 'found'
    this.#tell(
      'fetchers',
      `type=item_get key=${keyText(Buffer.from(key.subarray(start, end)).toString('latin1'))} status=${status} clsid=${classId} cfd=${this.#serving()?.id ?? 0} size=${size}`,
    )
  }

  stored(connection: Connection, key: string, status: string, ttl: number, classId: number, size: number): void {
    this.#tell(
      'mutations',
      `type=item_store key=${keyText(key)} status=${status} cmd=${connection.mode} ttl=${ttl} clsid=${classId} cfd=${connection.id} size=${size}`,
    )
  }

  #evicted(item: number): void {
    const { slabs, now } = this.#store
    const exptime = slabs.word(item, EXPTIME)
    this.#tell(
      'evictions',
      `type=eviction key=${keyText(this.#store.keyText(item))} fetch=${this.#store.has(item, FETCHED) ? 'yes' : 'no'} ttl=${exptime === 0 ? -1 : exptime - now} la=${now - slabs.word(item, TIME)} clsid=${this.#store.classOf(item)} size=${this.#store.valueBytes(item)}`,
    )
  }

  connected({ socket, id }: Connection): void {
    this.#tell(
      'connevents',
      `type=conn_new rip=${socket.remoteAddress} rport=${socket.remotePort} transport=tcp cfd=${id}`,
    )
  }

  disconnected({ peerAddress, id, closeReason }: Connection): void {
    const [, host = '', port = ''] = /^tcp6?:\[?(.*?)\]?:(\d+)$/.exec(peerAddress) ?? []
    this.#tell('connevents', `type=conn_close rip=${host} rport=${port} transport=tcp reason=${closeReason} cfd=${id}`)
  }

  #tell(topic: Topic, what: string): void {
    const line = `ts=${this.#store.unixTime(this.#store.now)}.000000 gid=${++this.#sequence} ${what}\n`
    for (const [watcher, topics] of this.#topics) {
      if (!topics.has(topic)) continue
      const skipped = this.#skipped.get(watcher) ?? 0
      if (watcher.socket.writableLength > this.#limit) {
        this.#skipped.set(watcher, skipped + 1)
        continue
      }
      if (skipped > 0) watcher.socket.write(`skipped=${skipped}\n`)
      this.#skipped.delete(watcher)
      watcher.socket.write(line, 'latin1')
    }
  }
}

/** A key as memcached logs it: what could break the line is percent-encoded. */
export function keyText(key: string): string {
  return key.replace(
    /[^A-Za-z0-9_.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

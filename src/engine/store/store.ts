import { open, type RootDatabase } from 'lmdb'
import type { CacheClusterRecord, EventRecord, HolderRecord } from './records.ts'

type Key = (string | number)[]

/** Puts and deletes of one change: durable together or not at all. */
export interface Change {
  putCluster(cluster: CacheClusterRecord): void
  deleteCluster(cluster: CacheClusterRecord): void
  addEvent(event: EventRecord): void
}

const clusterKey = ({ region, id }: { region: string; id: string }): Key => ['cluster', region, id]
const UP_TO = '\uffff'

/**
 * The durable store: LMDB on disk, a copy in memory for reading. One process writes (see {@link Store.claim}), so the copy
 * is never behind. `change` returns once the change is on disk: what the engine acknowledges survives `kill -9`.
 */
export class Store {
  readonly #database: RootDatabase<unknown, Key>
  readonly #clusters = new Map<string, Map<string, CacheClusterRecord>>()
  readonly #events = new Map<string, EventRecord[]>()
  #nextEvent = 0

  private constructor(database: RootDatabase<unknown, Key>) {
    this.#database = database
    for (const { value } of this.#range('cluster')) this.#remember(value as CacheClusterRecord)
    for (const { key, value } of this.#range('event')) {
      this.#eventsOf((value as EventRecord).region).push(value as EventRecord)
      this.#nextEvent = (key[1] as number) + 1
    }
  }

  static open(file: string): Store {
    return new Store(open<unknown, Key>({ path: file, noSubdir: true, overlappingSync: false }))
  }

  cluster(region: string, id: string): CacheClusterRecord | undefined {
    return this.#clusters.get(region)?.get(id)
  }

  /** Clusters of a region in the order of their ids. */
  clusters(region: string): CacheClusterRecord[] {
    return [...(this.#clusters.get(region)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  allClusters(): CacheClusterRecord[] {
    return [...this.#clusters.keys()].flatMap((region) => this.clusters(region))
  }

  /** Events of a region, oldest first. */
  events(region: string): readonly EventRecord[] {
    return this.#events.get(region) ?? []
  }

  /** Makes what `work` asks for durable in one transaction. When `work` throws, nothing has happened. */
  change(work: (change: Change) => void): void {
    const put: CacheClusterRecord[] = []
    const deleted: CacheClusterRecord[] = []
    const events: EventRecord[] = []
    work({
      putCluster: (cluster) => put.push(cluster),
      deleteCluster: (cluster) => deleted.push(cluster),
      addEvent: (event) => events.push(event),
    })
    this.#database.transactionSync(() => {
      for (const cluster of put) this.#database.put(clusterKey(cluster), cluster)
      for (const cluster of deleted) this.#database.remove(clusterKey(cluster))
      for (const event of events) this.#database.put(['event', this.#nextEvent++], event)
    })
    for (const cluster of put) this.#remember(cluster)
    for (const cluster of deleted) this.#clusters.get(cluster.region)?.delete(cluster.id)
    for (const event of events) this.#eventsOf(event.region).push(event)
  }

  /** Drops events older than `before`. */
  forgetEvents(before: number): void {
    const old = [...this.#range('event')].filter(({ value }) => (value as EventRecord).date < before)
    if (old.length === 0) return
    this.#database.transactionSync(() => {
      for (const { key } of old) this.#database.remove(key)
    })
    for (const [region, events] of this.#events) {
      this.#events.set(
        region,
        events.filter(({ date }) => date >= before),
      )
    }
  }

  /** Deletes every resource of every region. */
  clear(): void {
    this.#database.transactionSync(() => {
      for (const kind of ['cluster', 'event']) for (const { key } of [...this.#range(kind)]) this.#database.remove(key)
    })
    this.#clusters.clear()
    this.#events.clear()
  }

  /**
   * Takes the state directory for this process. LMDB runs write transactions one at a time across processes, which makes
   * this check-and-set safe when two engines start at once. Returns the holder that is still alive, if there is one.
   */
  claim(me: HolderRecord, isAlive: (holder: HolderRecord) => boolean): HolderRecord | undefined {
    return this.#database.transactionSync(() => {
      const holder = this.#database.get(['holder']) as HolderRecord | undefined
      if (holder && isAlive(holder)) return holder
      this.#database.put(['holder'], me)
      return undefined
    })
  }

  release(): void {
    this.#database.removeSync(['holder'])
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  #range(kind: string) {
    return this.#database.getRange({ start: [kind], end: [kind, UP_TO] })
  }

  #remember(cluster: CacheClusterRecord): void {
    const region = this.#clusters.get(cluster.region) ?? new Map()
    this.#clusters.set(cluster.region, region.set(cluster.id, cluster))
  }

  #eventsOf(region: string): EventRecord[] {
    const events = this.#events.get(region) ?? []
    this.#events.set(region, events)
    return events
  }
}

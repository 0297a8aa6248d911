import { open, type RootDatabase } from 'lmdb'
import { DiskFull, isFullDisk } from './disk-full.ts'
import type { EventRecord, RecordKind, Records } from './records.ts'
import { damaged, refuseDamaged, StateUnusable } from './state-file.ts'

type Key = (string | number)[]
type AnyRecord = Records[RecordKind]

/** Puts and deletes of one change: durable together or not at all. */
export interface Change {
  put<K extends RecordKind>(kind: K, record: Records[K]): void
  remove<K extends RecordKind>(kind: K, record: Records[K]): void
  addEvent(event: EventRecord): void
}

const EVENT = 'event'
const VERSION: Key = ['version']
/** Keys that are about the store itself; the holder was one once. */
const OWN_KEYS: ReadonlySet<string> = new Set(['holder', 'version'])
/**
 * Goes up when records change so that an engine before it would misread them. New members that may be absent are no such
 * change.
 */
const STATE_VERSION = 1
const UP_TO = '\uffff'

/**
 * The durable store: LMDB on disk, a copy in memory for reading. One process writes (holder.ts), so the copy
 * is never behind. `change` returns once the change is on disk: what the engine acknowledges survives `kill -9`.
 * Records are immutable: whoever holds one holds what was true when it was read.
 */
export class Store {
  readonly #database: RootDatabase<unknown, Key>
  readonly #file: string
  /** Records by kind and region. */
  readonly #tables = new Map<string, Map<string, AnyRecord>>()
  /** The same in the order of ids, until one of them changes: most calls read lists, and most lists stay. */
  readonly #sorted = new Map<string, readonly AnyRecord[]>()
  readonly #events = new Map<string, EventRecord[]>()
  #nextEvent = 0
  #address: (event: EventRecord) => EventRecord = (event) => event
  #tell: (number: number, event: EventRecord) => void = () => {}

  private constructor(database: RootDatabase<unknown, Key>, file: string) {
    this.#database = database
    this.#file = file
    for (const { key, value } of database.getRange({})) {
      const [kind] = key as [string]
      if (kind === EVENT) this.#rememberEvent(key[1] as number, value as EventRecord)
      else if (!OWN_KEYS.has(kind)) this.#remember(kind as RecordKind, value as AnyRecord)
    }
  }

  /** Throws StateUnusable when the file is damaged, or was written by a cachectl that knows more. */
  static open(file: string): Store {
    refuseDamaged(file)
    // Without overlapping sync a transaction returns only when it is flushed.
    const database = open<unknown, Key>({ path: file, noSubdir: true, overlappingSync: false })
    try {
      refuseNewer(database, file)
      if (database.get(VERSION) === undefined) database.putSync(VERSION, STATE_VERSION)
      return new Store(database, file)
    } catch (error) {
      void database.close()
      throw error instanceof StateUnusable ? error : damaged(file, (error as Error).message)
    }
  }

  get<K extends RecordKind>(kind: K, region: string, id: string): Records[K] | undefined {
    return this.#table(kind, region).get(id) as Records[K] | undefined
  }

  /** Records of a region in the order of their ids. */
  list<K extends RecordKind>(kind: K, region: string): readonly Records[K][] {
    const name = `${kind} ${region}`
    const known = this.#sorted.get(name)
    if (known) return known as Records[K][]
    const sorted = ([...this.#table(kind, region).values()] as Records[K][]).sort((a, b) => (a.id < b.id ? -1 : 1))
    this.#sorted.set(name, sorted)
    return sorted
  }

  /** Records of every region. */
  all<K extends RecordKind>(kind: K): Records[K][] {
    const tables = [...this.#tables].filter(([name]) => name.startsWith(`${kind} `)).map(([, table]) => table)
    return tables.flatMap((table) => [...table.values()]) as Records[K][]
  }

  /** Events of a region, oldest first. */
  events(region: string): readonly EventRecord[] {
    return this.#events.get(region) ?? []
  }

  /** Makes what `work` asks for durable in one transaction. When `work` throws, nothing has happened. */
  change(work: (change: Change) => void): void {
    const puts: [RecordKind, AnyRecord][] = []
    const removals: [RecordKind, AnyRecord][] = []
    const events: EventRecord[] = []
    work({
      put: (kind, record) => puts.push([kind, record]),
      remove: (kind, record) => removals.push([kind, record]),
      addEvent: (event) => events.push(this.#address(event)),
    })
    const first = this.#nextEvent
    this.#commit(() => {
      for (const [kind, record] of puts) this.#database.put([kind, record.region, record.id], record)
      for (const [kind, record] of removals) this.#database.remove([kind, record.region, record.id])
      events.forEach((event, index) => {
        this.#database.put([EVENT, first + index], event)
      })
    })
    for (const [kind, record] of puts) this.#remember(kind, record)
    for (const [kind, record] of removals) this.#forget(kind, record)
    events.forEach((event, index) => {
      this.#rememberEvent(first + index, event)
    })
    events.forEach((event, index) => {
      this.#tell(first + index, event)
    })
  }

  /**
   * `address` sees every event before it is stored, with the records still as they were; `tell` afterwards, with the number
   * it has been given. Numbers grow.
   */
  onEvents(address: (event: EventRecord) => EventRecord, tell: (number: number, event: EventRecord) => void): void {
    this.#address = address
    this.#tell = tell
  }

  /** Events with a higher number than `last`, in their order. */
  eventsAfter(last: number): [number, EventRecord][] {
    const range = this.#database.getRange({ start: [EVENT, last + 1], end: [EVENT, UP_TO] })
    return [...range].map(({ key, value }) => [key[1] as number, value as EventRecord])
  }

  /** Drops events older than `before`. */
  forgetEvents(before: number): void {
    const old = [...this.#eventRange()].filter(({ value }) => (value as EventRecord).date < before)
    this.#commit(() => {
      for (const { key } of old) this.#database.remove(key)
    })
    for (const [region, events] of this.#events) {
      this.#events.set(
        region,
        events.filter(({ date }) => date >= before),
      )
    }
  }

  /** Deletes every record and event of every region. */
  clear(): void {
    this.#commit(() => {
      for (const key of [...this.#database.getKeys({})]) if (!OWN_KEYS.has(String(key[0]))) this.#database.remove(key)
    })
    this.#tables.clear()
    this.#sorted.clear()
    this.#events.clear()
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  #commit(work: () => void): void {
    try {
      this.#database.transactionSync(work)
    } catch (error) {
      throw isFullDisk(error, this.#file) ? new DiskFull((error as Error).message) : error
    }
  }

  #eventRange() {
    return this.#database.getRange({ start: [EVENT], end: [EVENT, UP_TO] })
  }

  #table(kind: RecordKind, region: string): Map<string, AnyRecord> {
    const name = `${kind} ${region}`
    const table = this.#tables.get(name) ?? new Map<string, AnyRecord>()
    this.#tables.set(name, table)
    return table
  }

  #remember(kind: RecordKind, record: AnyRecord): void {
    this.#table(kind, record.region).set(record.id, record)
    this.#sorted.delete(`${kind} ${record.region}`)
  }

  #forget(kind: RecordKind, { region, id }: AnyRecord): void {
    this.#table(kind, region).delete(id)
    this.#sorted.delete(`${kind} ${region}`)
  }

  #rememberEvent(number: number, event: EventRecord): void {
    const events = this.#events.get(event.region) ?? []
    events.push(event)
    this.#events.set(event.region, events)
    this.#nextEvent = number + 1
  }
}

function refuseNewer(database: RootDatabase<unknown, Key>, file: string): void {
  const version = database.get(VERSION) ?? STATE_VERSION
  if (version === STATE_VERSION) return
  throw new StateUnusable(
    `The state in ${file} has version ${version}; this cachectl reads version ${STATE_VERSION}. It has been left as it is.`,
    'It was written by a newer cachectl: use that one, or another --state-dir.',
  )
}

import { statSync } from 'node:fs'
import { open, type RootDatabase } from 'lmdb'
import { errorMessage } from '../../api/thrown.ts'
import { DiskFull, isFullDisk } from './disk-full.ts'
import { checksumOf, decodeEntry, type Entry, encodeEntry, type Key, NO_ENTRIES, type Sum, sumOf } from './entry.ts'
import { migrated } from './migrations.ts'
import type { EventRecord, RecordKind, Records } from './records.ts'
import { encodeSum, keepAside, OPTIONS, readState, SUM, writeState } from './state-file.ts'

type AnyRecord = Records[RecordKind]

/** Puts and deletes of one change: durable together or not at all. */
export interface Change {
  put<K extends RecordKind>(kind: K, record: Records[K]): void
  remove<K extends RecordKind>(kind: K, record: Records[K]): void
  addEvent(event: EventRecord): void
}

/** The file is no longer where it was: what is written to it would be lost. Nothing has changed. */
export class StateGone extends Error {
  constructor(file: string) {
    super(`${file} is gone, or is another file than the one this engine opened`)
  }
}

const EVENT = 'event'
const UP_TO = '\uffff'
const keyOf = (kind: RecordKind, { region, id }: AnyRecord): Key => [kind, region, id]

/**
 * The durable store: LMDB on disk, a copy in memory for reading. One process writes (holder.ts), so the copy is never behind.
 * `change` returns once the change is on disk: what the engine acknowledges survives `kill -9`. Records are immutable: a caller
 * that holds one holds what was true when it was read.
 */
export class Store {
  readonly #database: RootDatabase<Buffer, Key>
  readonly #file: string
  readonly #inode: bigint | undefined
  /** Checksums on disk, by key. */
  readonly #checksums = new Map<string, number>()
  #sum: Sum = NO_ENTRIES
  /** Records by kind and region. */
  readonly #tables = new Map<string, Map<string, AnyRecord>>()
  /** The same in the order of ids, until one of them changes: most calls read lists, and most lists stay. */
  readonly #sorted = new Map<string, readonly AnyRecord[]>()
  readonly #events = new Map<string, EventRecord[]>()
  #nextEvent = 0
  #address: (event: EventRecord) => EventRecord = (event) => event
  #tell: (number: number, event: EventRecord) => void = () => {}
  #mourn: () => void = () => {}
  #changed: () => void = () => {}

  private constructor(file: string, entries: readonly Entry[]) {
    this.#database = open({ ...OPTIONS, path: file, encoding: 'binary' })
    this.#file = file
    this.#inode = statOf(file)?.ino
    for (const entry of entries) {
      const { key, value } = entry
      const checksum = checksumOf(encodeEntry(entry))
      this.#checksums.set(JSON.stringify(key), checksum)
      this.#sum = sumOf(this.#sum, undefined, checksum)
      // What carries its checksum is what was written.
      if (key[0] === EVENT) this.#rememberEvent(key[1] as number, value as EventRecord)
      else this.#remember(key[0] as RecordKind, value as AnyRecord)
    }
  }

  /**
   * Brings records of a cachectl of before to their form of today. Throws StateUnusable when the file is damaged, or was written
   * by a cachectl that knows more.
   */
  static async open(file: string): Promise<Store> {
    const read = (await readState(file)) ?? []
    const current = migrated(read)
    // For a user who goes back to the cachectl that wrote it; and the file stays in its place until the new one is whole.
    if (current !== read) keepAside(file, `${file}.former`)
    const entries = inOrder(current)
    // Anew: what LMDB writes to is free of damage also where no record lies, and no longer than it has to be.
    await writeState(file, entries)
    return new Store(file, entries)
  }

  get<K extends RecordKind>(kind: K, region: string, id: string): Records[K] | undefined {
    return this.#table(kind, region).get(id) as Records[K] | undefined // a table holds records of its kind
  }

  /** Records of a region in the order of their ids. */
  list<K extends RecordKind>(kind: K, region: string): readonly Records[K][] {
    const name = `${kind} ${region}`
    const known = this.#sorted.get(name)
    if (known) return known as Records[K][] // as its table, below
    // A table holds records of its kind.
    const sorted = ([...this.#table(kind, region).values()] as Records[K][]).sort((a, b) => (a.id < b.id ? -1 : 1))
    this.#sorted.set(name, sorted)
    return sorted
  }

  /** Records of every region. */
  all<K extends RecordKind>(kind: K): Records[K][] {
    const tables = [...this.#tables].filter(([name]) => name.startsWith(`${kind} `)).map(([, table]) => table)
    return tables.flatMap((table) => [...table.values()]) as Records[K][] // their tables hold no other kind
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
    this.#commit(
      [
        ...puts.map(([kind, record]) => ({ key: keyOf(kind, record), value: record })),
        ...events.map((event, index) => ({ key: [EVENT, first + index], value: event })),
      ],
      removals.map(([kind, record]) => keyOf(kind, record)),
    )
    for (const [kind, record] of puts) this.#remember(kind, record)
    for (const [kind, record] of removals) this.#forget(kind, record)
    events.forEach((event, index) => {
      this.#rememberEvent(first + index, event)
    })
    events.forEach((event, index) => {
      this.#tell(first + index, event)
    })
    this.#changed()
  }

  /**
   * `address` sees every event before it is stored, with the records still as they were; `tell` afterwards, with the number
   * it has been given. Numbers grow.
   */
  onEvents(address: (event: EventRecord) => EventRecord, tell: (number: number, event: EventRecord) => void): void {
    this.#address = address
    this.#tell = tell
  }

  /** `work` is called once, when a change finds that the file is gone. */
  onGone(work: () => void): void {
    this.#mourn = work
  }

  /** `work` is called after every change, with the records as they are then. */
  onChange(work: () => void): void {
    this.#changed = work
  }

  /** Events with a higher number than `last`, in their order. */
  eventsAfter(last: number): [number, EventRecord][] {
    const range = this.#database.getRange({ start: [EVENT, last + 1], end: [EVENT, UP_TO] })
    // Keys and values between these two are those of events.
    return [...range].map(({ key, value }) => [key[1] as number, decodeEntry(value)?.value as EventRecord])
  }

  /** Drops events older than `before`. */
  forgetEvents(before: number): void {
    const old = this.eventsAfter(-1).filter(([, { date }]) => date < before)
    if (old.length === 0) return
    this.#commit(
      [],
      old.map(([number]) => [EVENT, number]),
    )
    for (const [region, events] of this.#events) {
      this.#events.set(
        region,
        events.filter(({ date }) => date >= before),
      )
    }
  }

  /** Deletes every record and event of every region. */
  clear(): void {
    this.#commit(
      [],
      [...this.#checksums.keys()].map((name): Key => JSON.parse(name)),
    )
    this.#tables.clear()
    this.#sorted.clear()
    this.#events.clear()
    this.#changed()
  }

  /** Notes how long the file has become, so that a part of it that is cut off will be missed. */
  async close(): Promise<void> {
    try {
      this.#commit([], [])
    } catch {
      // Of a full disk or a directory that is gone has been told where something was to be stored.
    }
    await this.#database.close()
  }

  /** On disk when it returns, all of it or nothing. Throws StateGone, DiskFull. */
  #commit(puts: readonly Entry[], removals: readonly Key[]): void {
    const file = statOf(this.#file)
    if (!file || file.ino !== this.#inode) {
      this.#mourn()
      this.#mourn = () => {}
      throw new StateGone(this.#file)
    }
    const encoded = puts.map((entry) => ({ key: entry.key, bytes: encodeEntry(entry) }))
    let sum = this.#sum
    const checksums = new Map<string, number | undefined>()
    const count = (key: Key, checksum?: number) => {
      const name = JSON.stringify(key)
      sum = sumOf(sum, checksums.has(name) ? checksums.get(name) : this.#checksums.get(name), checksum)
      checksums.set(name, checksum)
    }
    for (const { key, bytes } of encoded) count(key, checksumOf(bytes))
    for (const key of removals) count(key)
    try {
      this.#database.transactionSync(() => {
        for (const { key, bytes } of encoded) this.#database.put(key, bytes)
        for (const key of removals) this.#database.remove(key)
        this.#database.put(SUM, encodeSum({ ...sum, bytes: Number(file.size) }))
      })
    } catch (error) {
      throw isFullDisk(error, this.#file) ? new DiskFull(errorMessage(error)) : error
    }
    this.#sum = sum
    for (const [name, checksum] of checksums) {
      if (checksum === undefined) this.#checksums.delete(name)
      else this.#checksums.set(name, checksum)
    }
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

/** Events last, one after the other: the file has them in no order. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const isEvent = ({ key }: Entry) => key[0] === EVENT
  const events = entries.filter(isEvent).sort((a, b) => Number(a.key[1]) - Number(b.key[1]))
  return [...entries.filter((entry) => !isEvent(entry)), ...events]
}

/** Undefined of a file that is not there. */
const statOf = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false })

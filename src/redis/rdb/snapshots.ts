import { setImmediate } from 'node:timers/promises'
import type { Client } from '../client.ts'
import { type Command, MAY_REPLICATE, WRITE } from '../commands/command.ts'
import { keysOf } from '../commands/keys.ts'
import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import { FIRST_MARK, isObject, META, STRING } from '../keyspace/entry.ts'
import type { Freeable, Preserver } from '../keyspace/keyspace.ts'
import type { ChainTable } from '../memory/chain-table.ts'
import { pauseOf } from '../pause.ts'
import type { Args } from '../protocol/args.ts'
import type { Snapshot } from './snapshot.ts'

/** How long a snapshot is written at once where others wait. */
export const SLICE_MS = 2
const MARKS = 8
// What takes longer to write than others are to wait for it: collections are written member by member, strings as they are.
const LARGE_COLLECTION = 256 * 1024
const LARGE_STRING = 4 << 20

/** The snapshots of a node that are being taken. */
export class Snapshots implements Preserver {
  readonly #core: Core
  readonly #taken = new Set<Snapshot>()
  /** Keys that a database has forgotten, to be given back once they are written. */
  readonly #forgotten = new Map<ChainTable, Freeable>()
  /** Large keys to be written first, as clients wait to change them. */
  readonly #awaited: { readonly db: Database; readonly key: Buffer }[] = []
  readonly #turn: (on: boolean) => void

  constructor(core: Core) {
    this.#core = core
    this.#turn = core.checks.add((client, command, args) =>
      this.#hasToWait(client, command, args) ? pauseOf(core).hold(client) : undefined,
    )
  }

  /** A mark that none of them has. */
  firstFree(): number {
    for (let at = 0; at < MARKS; at++) {
      const mark = FIRST_MARK << at
      if (![...this.#taken].some((each) => each.mark === mark)) return mark
    }
    throw new RangeError(`no more than ${MARKS} snapshots at once`)
  }

  add(snapshot: Snapshot): void {
    const { keyspace } = this.#core
    this.#taken.add(snapshot)
    keyspace.marks ^= snapshot.mark
    keyspace.preserver = this
    this.#turn(true)
    this.#core.updateGate()
  }

  remove(snapshot: Snapshot): void {
    this.#taken.delete(snapshot)
    if (this.#taken.size > 0) return
    this.#core.keyspace.preserver = undefined
    this.#turn(false)
    this.#core.updateGate()
  }

  preserve(db: Database, entry: number): void {
    const { arena, marks } = this.#core.keyspace
    for (const snapshot of this.#taken)
      if (((arena.word(entry, META) ^ marks) & snapshot.mark) !== 0) snapshot.preserve(db, entry)
  }

  defers(db: Database, entry: number): boolean {
    if (this.#lacking(db, entry) === undefined || !isLarge(db, entry)) return false
    const key = db.keyOf(entry)
    if (this.#awaited.some((each) => each.db === db && each.key.equals(key))) return true
    this.#awaited.push({ db, key })
    if (this.#awaited.length === 1) void this.#writeAwaited()
    return true
  }

  keep(table: ChainTable, keys: Freeable): boolean {
    const isNeeded = this.#needs(table)
    if (isNeeded) this.#forgotten.set(table, keys)
    return isNeeded
  }

  /** A snapshot has gone through a table. */
  passed(table: ChainTable): void {
    const keys = this.#forgotten.get(table)
    if (keys === undefined || this.#needs(table)) return
    this.#forgotten.delete(table)
    this.#core.keyspace.freeLater(keys)
  }

  #needs(table: ChainTable): boolean {
    return [...this.#taken].some((each) => each.needs(table))
  }

  #lacking(db: Database, entry: number): Snapshot | undefined {
    for (const snapshot of this.#taken) if (snapshot.lacks(db, entry)) return snapshot
    return undefined
  }

  /** Whether a command changes a large key that has yet to be written, by what it says itself of its keys. */
  #hasToWait(client: Client, command: Command, args: Args): boolean {
    if (client.connection === undefined || client.kind === 'master') return false
    if (command.name === 'exec')
      return client.transaction?.queue.some((each) => this.#changesLarge(client, each.command, each.args)) ?? false
    return client.transaction === undefined && this.#changesLarge(client, command, args)
  }

  #changesLarge({ db }: Client, command: Command, args: Args): boolean {
    if ((command.flags & (WRITE | MAY_REPLICATE)) === 0) return false
    for (const at of keysOf(command, args) ?? []) {
      const entry = db.findWord(args, at)
      if (entry !== 0 && this.defers(db, entry)) return true
    }
    return false
  }

  async #writeAwaited(): Promise<void> {
    const core = this.#core
    while (this.#awaited.length > 0) {
      await setImmediate()
      if (!this.#writeFirst()) continue
      this.#awaited.shift()
      core.refreshTime()
      pauseOf(core).letGo()
      core.deliver()
    }
  }

  /** Writes some of the first of them; true: all of it is written. */
  #writeFirst(): boolean {
    const { clock } = this.#core
    const { db, key } = this.#awaited[0] as { readonly db: Database; readonly key: Buffer } // there is one
    const until = clock.monotonicMs() + SLICE_MS
    do {
      // It may be gone, or another.
      const entry = db.findKey(key)
      const snapshot = entry === 0 ? undefined : this.#lacking(db, entry)
      if (snapshot === undefined) return true
      snapshot.preserveSome(db, entry)
    } while (clock.monotonicMs() < until)
    return false
  }
}

function isLarge(db: Database, entry: number): boolean {
  if (db.typeOf(entry) === STRING) return db.stringLength(entry) > LARGE_STRING
  return isObject(db.encodingOf(entry)) && db.objectOf(entry).bytes > LARGE_COLLECTION
}

const taking = new WeakMap<Core, Snapshots>()

/** Those of a node. */
export const snapshotsOf = (core: Core): Snapshots => taking.get(core) as Snapshots // started with it

/** Starts what has clients wait that change what a snapshot has yet to write. */
export function startSnapshots(core: Core): void {
  taking.set(core, new Snapshots(core))
}

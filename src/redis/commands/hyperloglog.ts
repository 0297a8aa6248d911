import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { RAW, STRING } from '../keyspace/entry.ts'
import { STRING_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { CorruptSketch, isSketch, REGISTERS, Registers, Sketch } from '../types/hyperloglog.ts'
import type { Handler, Row } from './command.ts'

const NOT_A_SKETCH = refusal('WRONGTYPE Key is not a valid HyperLogLog string value.')
const CORRUPT = refusal('INVALIDOBJ Corrupted HLL object detected')
const NO_KEY = refusal('ERR The specified key does not exist')
const NOT_SPARSE = refusal('ERR HLL encoding is not sparse')
const FAILED = refusal('ERR TESTFAILED registers or cardinality are not what was counted')

/** The commands of HyperLogLogs. */
export const HYPERLOGLOG: readonly Row[] = [
  { name: 'pfadd', run: sound(pfadd) },
  { name: 'pfcount', run: sound(pfcount) },
  { name: 'pfmerge', run: sound(pfmerge) },
  { name: 'pfdebug', run: sound(pfdebug) },
  { name: 'pfselftest', run: pfselftest },
]

/** A command that says so when it comes upon a corrupt one. */
function sound(run: Handler): Handler {
  return (client, args) => {
    try {
      run(client, args)
    } catch (error) {
      throw error instanceof CorruptSketch ? CORRUPT : error
    }
  }
}

/** The sketch of an entry where it lies. @throws WRONGTYPE */
function sketchIn({ db }: Client, entry: number): Sketch {
  const start = db.stringStart(entry)
  const bytes = db.arena.page(entry).subarray(start, start + db.stringLength(entry))
  if (!isSketch(bytes)) throw NOT_A_SKETCH
  return new Sketch(bytes)
}

/** The sketch of an entry, to be changed: a sparse one is a copy, as it may grow. To be {@link keep kept}. */
function writableIn(client: Client, entry: number): Sketch {
  const sketch = sketchIn(client, entry)
  return sketch.isDense ? sketch : new Sketch(Buffer.from(sketch.bytes))
}

/** Has a key hold what was changed. */
function keep({ db }: Client, args: Args, index: number, found: number, { bytes }: Sketch): void {
  const isInPlace = found !== 0 && bytes.buffer === db.arena.page(found).buffer
  if (isInPlace) db.setKind(found, STRING, RAW)
  else db.setString(args, index, found, RAW, bytes, viewOf(bytes), 0, bytes.length, true)
}

function pfadd(client: Client, args: Args): void {
  const { core, db, replies } = client
  const found = db.writeOf(STRING, args, 1)
  const sketch = found === 0 ? Sketch.empty() : writableIn(client, found)
  let changes = found === 0 ? 1 : 0
  const most = core.config.settings.hllSparseMaxBytes
  for (let i = 2; i < args.count; i++) if (sketch.add(args.slice(i), most)) changes++
  if (changes > 0) {
    sketch.forgetCached()
    keep(client, args, 1, found, sketch)
    db.changed(args, 1, STRING_EVENT, 'pfadd', changes)
  }
  replies.integer(changes > 0 ? 1 : 0)
}

function pfcount(client: Client, args: Args): void {
  const { db, replies } = client
  if (args.count > 2) {
    replies.integer(merged(client, args, 1).registers.count())
    return
  }
  const entry = db.readOf(STRING, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const sketch = sketchIn(client, entry)
  const { cached } = sketch
  if (cached !== undefined) {
    replies.integer64(cached)
    return
  }
  const cardinality = sketch.count()
  db.preserve(entry)
  sketch.cache(cardinality)
  db.setKind(entry, STRING, RAW)
  db.touched(args, 1)
  replies.integer(cardinality)
}

/** The greatest of each register of several keys; `dense`: whether one of them is. */
function merged(client: Client, args: Args, from: number): { readonly registers: Registers; readonly dense: boolean } {
  const registers = new Registers()
  let dense = false
  for (let i = from; i < args.count; i++) {
    const entry = client.db.readOf(STRING, args, i)
    if (entry === 0) continue
    const sketch = sketchIn(client, entry)
    dense ||= sketch.isDense
    registers.merge(sketch)
  }
  return { registers, dense }
}

function pfmerge(client: Client, args: Args): void {
  const { core, db, replies } = client
  const { registers, dense } = merged(client, args, 1)
  const found = db.lookupWrite(args, 1)
  const sketch = found === 0 ? Sketch.empty() : writableIn(client, found)
  if (dense) sketch.makeDense()
  const most = core.config.settings.hllSparseMaxBytes
  for (const [index, count] of registers.values.entries()) if (count > 0) sketch.set(index, count, most)
  sketch.forgetCached()
  keep(client, args, 1, found, sketch)
  db.changed(args, 1, STRING_EVENT, 'pfadd')
  replies.ok()
}

function pfdebug(client: Client, args: Args): void {
  const { db, replies } = client
  const name = args.text(1).toLowerCase()
  const found = db.writeOf(STRING, args, 2)
  if (found === 0) throw NO_KEY
  const sketch = writableIn(client, found)
  if (!['getreg', 'decode', 'encoding', 'todense'].includes(name)) {
    throw refusal(`ERR Unknown PFDEBUG subcommand '${args.shown(1)}'`)
  }
  if (args.count !== 3) throw refusal(`ERR Wrong number of arguments for the '${args.shown(1)}' subcommand`)
  if (name === 'encoding') replies.status(sketch.isDense ? 'dense' : 'sparse')
  else if (name === 'decode') {
    if (sketch.isDense) throw NOT_SPARSE
    replies.bulkText(sketch.decoded())
  } else {
    const converted = sketch.makeDense()
    if (converted) {
      keep(client, args, 2, found, sketch)
      db.keyspace.dirty++
    }
    if (name === 'todense') replies.integer(converted ? 1 : 0)
    else {
      replies.array(REGISTERS)
      for (let index = 0; index < REGISTERS; index++) replies.integer(sketch.register(index))
    }
  }
}

const TESTED = 20_000
// Three times the standard error of 16384 registers, and some.
const TOLERATED = 0.03

/** Counts known elements in both forms, and looks whether they agree and how far they are off. */
function pfselftest({ replies }: Client): void {
  const [dense, sparse] = [Sketch.empty(), Sketch.empty()]
  dense.makeDense()
  for (let element = 0; element < TESTED; element++) {
    const bytes = Buffer.from(`element:${element}`)
    dense.add(bytes, 0)
    sparse.add(bytes, Number.POSITIVE_INFINITY)
  }
  const counted = dense.count()
  if (counted !== sparse.count() || Math.abs(counted - TESTED) > TOLERATED * TESTED) throw FAILED
  replies.ok()
}

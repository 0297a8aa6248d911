import type { Args } from '../protocol/args.ts'
import { ListpackWriter } from '../rdb/listpack.ts'

/** How much a node holds: `stream-node-max-entries` and `stream-node-max-bytes`; 0: that doesn't matter. */
export interface NodeLimits {
  readonly entries: number
  readonly bytes: number
}

const MOST_BYTES = 1 << 30
const END_BYTES = 1
/** Of an entry: that it has the fields of its node's first one. */
const SAME_FIELDS = 2
/** Of an entry: what it is, and how far its id is from the node's. */
const ENTRY_HEAD = 3
const LENGTH_BYTES = 4
const SEQUENCE_BITS = 64n

/** Elements are written to it to see how long they are. */
const scratch = new ListpackWriter()

/**
 * What a server's listpack of a node would be: a node is full when that is, since rough trimming takes whole nodes, and clients count
 * on how much that leaves.
 */
export class NodeBooks {
  /** Entries that it has held which are gone: they count for how many it may hold. */
  gone = 0
  readonly #id: bigint
  /** Of its first entry: each field behind its length. */
  readonly #fields: Buffer
  /** But for the two counts at its begin. */
  #bytes: number

  private constructor(id: bigint, fields: Buffer, bytes: number) {
    this.#id = id
    this.#fields = fields
    this.#bytes = bytes
  }

  /** Of a node that begins with an entry, whose fields and values are the words from `from` on. */
  static of(id: bigint, args: Args, from: number, before: NodeBooks | undefined): NodeBooks {
    scratch.begin().number((args.count - from) / 2)
    for (let i = from; i < args.count; i += 2) scratch.add(args.bytes, args.start(i), args.end(i))
    scratch.number(0)
    const fields = before?.sharedFields(args, from) ?? fieldsOf(args, from)
    return new NodeBooks(id, fields, scratch.length + END_BYTES)
  }

  /** Whether there is room for one more entry, beside so many that there are. */
  hasRoom(live: number, args: Args, from: number, { entries, bytes }: NodeLimits): boolean {
    let words = 0
    for (let i = from; i < args.count; i++) words += args.length(i)
    const begun = scratch.begin().length
    scratch.number(live)
    scratch.number(this.gone)
    const whole = this.#bytes + scratch.length - begun
    const most = bytes === 0 ? MOST_BYTES : Math.min(bytes, MOST_BYTES)
    return whole + words < most && (entries === 0 || live + this.gone < entries)
  }

  /** Notes an entry that was added. */
  add(id: bigint, args: Args, from: number): void {
    const isSame = this.#hasFields(args, from)
    const fields = (args.count - from) / 2
    const begun = scratch.begin().length
    scratch.number(isSame ? SAME_FIELDS : 0)
    scratch.wide(BigInt.asIntN(64, (id >> SEQUENCE_BITS) - (this.#id >> SEQUENCE_BITS)))
    scratch.wide(BigInt.asIntN(64, id - this.#id))
    if (!isSame) scratch.number(fields)
    for (let i = from; i < args.count; i++) {
      const isField = (i - from) % 2 === 0
      if (!isField || !isSame) scratch.add(args.bytes, args.start(i), args.end(i))
    }
    scratch.number(ENTRY_HEAD + fields + (isSame ? 0 : fields + 1))
    this.#bytes += scratch.length - begun
  }

  /** Its fields, if an entry has the same. */
  sharedFields(args: Args, from: number): Buffer | undefined {
    return this.#hasFields(args, from) ? this.#fields : undefined
  }

  copy(): NodeBooks {
    const copied = new NodeBooks(this.#id, this.#fields, this.#bytes)
    copied.gone = this.gone
    return copied
  }

  #hasFields(args: Args, from: number): boolean {
    const fields = this.#fields
    let at = 0
    for (let i = from; i < args.count; i += 2) {
      const length = args.length(i)
      if (at >= fields.length || fields.readUInt32LE(at) !== length) return false
      at += LENGTH_BYTES
      if (fields.compare(args.bytes, args.start(i), args.end(i), at, at + length) !== 0) return false
      at += length
    }
    return at === fields.length
  }
}

function fieldsOf(args: Args, from: number): Buffer {
  const pieces: Buffer[] = []
  for (let i = from; i < args.count; i += 2) {
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32LE(args.length(i))
    pieces.push(length, args.slice(i))
  }
  return Buffer.concat(pieces)
}

import type { Core } from '../core.ts'
import { STRING } from '../keyspace/entry.ts'
import { scanFloatIn } from '../protocol/numbers.ts'
import { type Builder, type Built, HashBuilder, ListBuilder, SetBuilder, ZsetBuilder } from './builders.ts'
import { TYPES } from './codes.ts'
import { Damaged } from './damaged.ts'
import { eachOfListpack, type TakeElement } from './listpack.ts'
import { eachOfIntset, eachOfZiplist, eachOfZipmap } from './old-packs.ts'
import type { RdbReader } from './reader.ts'
import { StreamBuilder } from './stream-builder.ts'

type Each = (pack: Buffer, take: TakeElement) => void

/** A string that was read: where it lies, until the next one is read. */
export interface BuiltString {
  readonly type: typeof STRING
  readonly text: Buffer
  readonly start: number
  readonly end: number
}

const NODE_PLAIN = 1
const NODE_PACKED = 2

/**
 * One value, read step by step: a step is read as a whole, or, where the bytes at hand end, tried again from its beginning once there
 * are more.
 */
export class ValueReader {
  readonly #core: Core
  readonly #type: number
  #builder: Builder | undefined
  #next: ((reader: RdbReader) => boolean) | undefined

  constructor(core: Core, type: number) {
    this.#core = core
    this.#type = type
  }

  /** Reads a step. Answers the value once it is whole; null: there is nothing in it. @throws SHORT, Damaged */
  step(reader: RdbReader): Built | BuiltString | null | undefined {
    if (this.#next === undefined) {
      if (this.#type === TYPES.string) return readString(reader)
      this.#next = this.#begin(reader)
    } else if (!this.#next(reader)) {
      const builder = this.#builder as Builder // there is one where there is a next step
      this.#builder = undefined
      return builder.finish() ?? null
    }
    return undefined
  }

  /** The value as a whole. @throws SHORT, Damaged */
  whole(reader: RdbReader): Built | BuiltString | null {
    try {
      for (;;) {
        const value = this.step(reader)
        if (value !== undefined) return value
      }
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** Gives back what was read of it. */
  abandon(): void {
    this.#builder?.abandon()
    this.#builder = undefined
  }

  /** Reads how many members there are, or all of them where they are in one piece. Answers what reads the rest, member by member. */
  #begin(reader: RdbReader): (reader: RdbReader) => boolean {
    switch (this.#type) {
      case TYPES.list:
        return this.#list(reader.length())
      case TYPES.set:
        return this.#set(reader.length())
      case TYPES.zset:
      case TYPES.zsetOfText:
        return this.#zset(reader.length())
      case TYPES.hash:
        return this.#hash(reader.length())
      case TYPES.hashListpack:
        return this.#packedHash(reader.blob(), eachOfListpack)
      case TYPES.hashZiplist:
        return this.#packedHash(reader.blob(), eachOfZiplist)
      case TYPES.hashZipmap:
        return this.#packedHash(reader.blob(), eachOfZipmap)
      case TYPES.setListpack:
        return this.#packedSet(reader.blob(), eachOfListpack, true)
      case TYPES.setIntset:
        return this.#packedSet(reader.blob(), eachOfIntset, false)
      case TYPES.zsetListpack:
        return this.#packedZset(reader.blob(), eachOfListpack)
      case TYPES.zsetZiplist:
        return this.#packedZset(reader.blob(), eachOfZiplist)
      case TYPES.listZiplist:
        return this.#packedList(reader.blob())
      case TYPES.listOfZiplists:
      case TYPES.listOfListpacks:
        return this.#nodes(reader.length())
      case TYPES.streamFirst:
      case TYPES.streamSecond:
      case TYPES.streamThird: {
        const builder = this.#building(new StreamBuilder(this.#core, this.#type, reader.length()))
        return (from) => builder.step(from)
      }
      case TYPES.module:
      case TYPES.moduleOfCandidates:
        throw new Damaged("The RDB file contains module data I can't load: there are no modules here")
      case TYPES.hashOfExpiring:
        throw new Damaged('The RDB file contains hashes whose fields expire, which this version does not have')
      default:
        throw new Damaged(`Unknown RDB encoding type ${this.#type}`)
    }
  }

  #building<B extends Builder>(builder: B): B {
    this.#builder = builder
    return builder
  }

  #list(count: number): (reader: RdbReader) => boolean {
    const builder = this.#building(new ListBuilder(this.#core))
    return times(count, (reader) => {
      reader.string()
      builder.push(reader.text, reader.start, reader.end)
    })
  }

  #set(count: number): (reader: RdbReader) => boolean {
    const builder = this.#building(new SetBuilder(this.#core, count, false))
    return times(count, (reader) => {
      reader.string()
      builder.add(reader.text, reader.start, reader.end)
    })
  }

  #zset(count: number): (reader: RdbReader) => boolean {
    const builder = this.#building(new ZsetBuilder(this.#core, count))
    const isText = this.#type === TYPES.zsetOfText
    return times(count, (reader) => {
      reader.string()
      const { text, start, end } = reader
      builder.add(text, start, end, isText ? reader.textDouble() : reader.double())
    })
  }

  #hash(count: number): (reader: RdbReader) => boolean {
    const builder = this.#building(new HashBuilder(this.#core, count))
    return times(count, (reader) => {
      reader.string()
      const { text, start, end } = reader
      reader.string()
      builder.add(text, start, end, reader.text, reader.start, reader.end)
    })
  }

  #packedHash(pack: Buffer, each: Each): (reader: RdbReader) => boolean {
    const builder = this.#building(new HashBuilder(this.#core, 0, 2 * pack.length))
    inPairs(each, pack, (field, start, end, value, valueStart, valueEnd) =>
      builder.add(field, start, end, value, valueStart, valueEnd),
    )
    return DONE
  }

  #packedZset(pack: Buffer, each: Each): (reader: RdbReader) => boolean {
    const builder = this.#building(new ZsetBuilder(this.#core, 0, 2 * pack.length))
    inPairs(each, pack, (member, start, end, score, scoreStart, scoreEnd) => {
      // Servers take what is no number for zero.
      builder.add(member, start, end, scanFloatIn(score.toString('latin1', scoreStart, scoreEnd)) ?? 0)
    })
    return DONE
  }

  #packedSet(pack: Buffer, each: Each, mixes: boolean): (reader: RdbReader) => boolean {
    const builder = this.#building(new SetBuilder(this.#core, 0, mixes, 2 * pack.length))
    each(pack, (member, start, end) => builder.add(member, start, end))
    return DONE
  }

  #packedList(pack: Buffer): (reader: RdbReader) => boolean {
    const builder = this.#building(new ListBuilder(this.#core))
    eachOfZiplist(pack, (bytes, start, end) => builder.push(bytes, start, end))
    return DONE
  }

  #nodes(count: number): (reader: RdbReader) => boolean {
    const builder = this.#building(new ListBuilder(this.#core))
    const isOld = this.#type === TYPES.listOfZiplists
    return times(count, (reader) => {
      const container = isOld ? NODE_PACKED : reader.length()
      if (container !== NODE_PACKED && container !== NODE_PLAIN) throw new Damaged('Quicklist integrity check failed.')
      reader.string()
      const { text, start, end } = reader
      builder.beginNode(2 * (end - start))
      if (container === NODE_PLAIN) builder.append(text, start, end)
      else {
        const each = isOld ? eachOfZiplist : eachOfListpack
        each(text.subarray(start, end), (bytes, from, to) => builder.append(bytes, from, to))
      }
      builder.endNode()
    })
  }
}

/** A value that is a string. @throws SHORT, Damaged */
export function readString(reader: RdbReader): BuiltString {
  reader.string()
  const { text, start, end } = reader
  return { type: STRING, text, start, end }
}

const DONE = (): boolean => false

/** Does the same so many times, one a step. */
function times(count: number, read: (reader: RdbReader) => void): (reader: RdbReader) => boolean {
  let left = count
  return (reader) => {
    if (left === 0) return false
    read(reader)
    left--
    return true
  }
}

type TakePair = (
  first: Buffer,
  start: number,
  end: number,
  second: Buffer,
  secondStart: number,
  secondEnd: number,
) => void

const held = Buffer.alloc(32)

/** Gives elements to `take` two by two. */
function inPairs(each: Each, pack: Buffer, take: TakePair): void {
  let first: Buffer | undefined
  let [firstStart, firstEnd] = [0, 0]
  each(pack, (bytes, start, end) => {
    if (first) {
      const [from, to] = [firstStart, firstEnd]
      const before = first
      first = undefined
      take(before, from, to, bytes, start, end)
      return
    }
    // The digits of a number lie where those of the next will.
    const isNumber = bytes !== pack
    if (isNumber) bytes.copy(held, 0, start, end)
    first = isNumber ? held : bytes
    firstStart = isNumber ? 0 : start
    firstEnd = isNumber ? end - start : end
  })
  if (first) throw new Damaged('Odd number of elements')
}

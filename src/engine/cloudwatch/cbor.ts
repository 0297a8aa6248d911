/**
 * CBOR (RFC 8949), as far as the protocol rpc-v2-cbor of AWS's SDKs needs it: maps with text keys, arrays, text, numbers,
 * booleans, null, and times, which are Dates here (tag 1). What is decoded came over the network: all lengths are checked.
 */
import { Fault } from '../../api/faults.ts'

const MOST_NESTED = 32
const BREAK = Symbol('break')

const malformed = (what: string) => new Fault('ValidationError', `The request's body is not CBOR: ${what}.`)

/** Throws a ValidationError when the bytes are not one whole value. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (!reader.atEnd) throw malformed('there is something after its end')
  return value
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): unknown {
    const value = this.#item(depth)
    if (value === BREAK) throw malformed('an end without a beginning')
    return value
  }

  #item(depth: number): unknown {
    if (depth > MOST_NESTED) throw malformed('it is nested too deeply')
    const first = this.#bytes[this.#take(1)] ?? 0
    const info = first & 31
    switch (first >> 5) {
      case 0:
        return this.#argument(info)
      case 1:
        return -1 - this.#argument(info)
      case 2:
        return this.#chunks(info, 2)
      case 3:
        return this.#chunks(info, 3).toString('utf8')
      case 4:
        return this.#array(info, depth)
      case 5:
        return this.#map(info, depth)
      case 6:
        return this.#tagged(this.#argument(info), depth)
      default:
        return this.#simple(info)
    }
  }

  /** Where `length` bytes begin, which are then behind. */
  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw malformed('it ends too early')
    this.#at += length
    return at
  }

  #argument(info: number): number {
    if (info < 24) return info
    if (info === 24) return this.#view.getUint8(this.#take(1))
    if (info === 25) return this.#view.getUint16(this.#take(2))
    if (info === 26) return this.#view.getUint32(this.#take(4))
    if (info === 27) return Number(this.#view.getBigUint64(this.#take(8)))
    throw malformed('a length is unknown')
  }

  #chunks(info: number, kind: 2 | 3): Buffer {
    if (info !== 31) {
      const length = this.#argument(info)
      const at = this.#take(length)
      return Buffer.from(this.#bytes.subarray(at, at + length))
    }
    const parts: Buffer[] = []
    for (;;) {
      const first = this.#bytes[this.#take(1)] ?? 0
      if (first === 0xff) return Buffer.concat(parts)
      if (first >> 5 !== kind || (first & 31) === 31) throw malformed('a piece of another kind')
      parts.push(this.#chunks(first & 31, kind))
    }
  }

  #array(info: number, depth: number): unknown[] {
    const items: unknown[] = []
    const length = info === 31 ? Number.POSITIVE_INFINITY : this.#argument(info)
    while (items.length < length) {
      const item = this.#item(depth + 1)
      if (item !== BREAK) items.push(item)
      else if (info === 31) break
      else throw malformed('an end without a beginning')
    }
    return items
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    const length = info === 31 ? Number.POSITIVE_INFINITY : this.#argument(info)
    while (entries.length < length) {
      const key = this.#item(depth + 1)
      if (key === BREAK && info === 31) break
      if (typeof key !== 'string') throw malformed('a key is no text')
      entries.push([key, this.value(depth + 1)])
    }
    return Object.fromEntries(entries)
  }

  #tagged(tag: number, depth: number): unknown {
    const value = this.value(depth + 1)
    if (tag !== 1) return value
    if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed('a time is no number')
    return new Date(Math.round(value * 1000))
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return half(this.#view.getUint16(this.#take(2)))
      case 26:
        return this.#view.getFloat32(this.#take(4))
      case 27:
        return this.#view.getFloat64(this.#take(8))
      case 31:
        return BREAK
      default:
        throw malformed('a simple value is unknown')
    }
  }
}

function half(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Of objects, arrays, strings, numbers, booleans, null and Dates; members that are undefined are left out. */
export function encodeCbor(value: unknown): Buffer {
  const parts: Uint8Array[] = []
  put(value, parts)
  return Buffer.concat(parts)
}

function put(value: unknown, parts: Uint8Array[]): void {
  if (value === null || value === undefined) parts.push(Buffer.of(0xf6))
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4))
  else if (typeof value === 'number') putNumber(value, parts)
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    parts.push(head(3, bytes.length), bytes)
  } else if (value instanceof Date) {
    parts.push(Buffer.of(0xc1))
    putNumber(value.getTime() / 1000, parts)
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length))
    for (const item of value) put(item, parts)
  } else {
    const entries = Object.entries(value as object).filter(([, member]) => member !== undefined)
    parts.push(head(5, entries.length))
    for (const [name, member] of entries) {
      put(name, parts)
      put(member, parts)
    }
  }
}

function putNumber(value: number, parts: Uint8Array[]): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    parts.push(value >= 0 ? head(0, value) : head(1, -1 - value))
    return
  }
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = 0xfb
  bytes.writeDoubleBE(value, 1)
  parts.push(bytes)
}

function head(major: number, argument: number): Buffer {
  const first = major << 5
  if (argument < 24) return Buffer.of(first | argument)
  if (argument < 0x1_00) return Buffer.of(first | 24, argument)
  if (argument < 0x1_00_00) return Buffer.of(first | 25, argument >> 8, argument & 255)
  const long = argument >= 2 ** 32
  const bytes = Buffer.alloc(long ? 9 : 5)
  bytes[0] = first | (long ? 27 : 26)
  if (long) bytes.writeBigUInt64BE(BigInt(argument), 1)
  else bytes.writeUInt32BE(argument, 1)
  return bytes
}

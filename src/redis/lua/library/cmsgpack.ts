import type { Machine } from '../machine.ts'
import { toInt64 } from '../numbers.ts'
import { LuaTable } from '../table.ts'
import type { LuaValue } from '../values.ts'
import { type Arguments, type Library, plain } from './arguments.ts'
import { Pieces } from './pieces.ts'

/** Tables within tables; what lies deeper is packed as nil, which keeps tables that hold themselves from going on for ever. */
const MAX_NESTING = 16

/** MessagePack, as lua-cmsgpack packs and unpacks it. */
export function cmsgpack(machine: Machine): Library {
  const unpackWith = (args: Arguments, limit: number, offset: number): LuaValue[] => {
    const source = args.string(1)
    if (offset < 0 || limit < 0) {
      machine.raise(`Invalid request to unpack with offset of ${offset} and limit of ${source.length}.`)
    }
    if (offset > source.length) machine.raise(`Start offset ${offset} greater than input length ${source.length}.`)
    const takesAll = limit === 0 && offset === 0
    const reader = new Reader(machine, source, offset)
    const values: LuaValue[] = []
    while (reader.at < source.length && (takesAll || values.length < limit)) {
      values.push(reader.value())
      if (values.length >= 8000)
        machine.raise('too many return values at once; use unpack_one or unpack_limit instead.')
    }
    return takesAll ? values : [reader.at === source.length ? -1 : reader.at, ...values]
  }
  return {
    _NAME: 'cmsgpack',
    _VERSION: 'lua-cmsgpack 0.4.0',
    _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
    _DESCRIPTION: 'MessagePack C implementation for Lua',
    pack: plain(machine, (args) => {
      if (args.count === 0) args.fail(0, 'MessagePack pack needs input.')
      const parts = new Pieces(machine)
      for (const value of args.values) pack(parts, value, 0)
      return parts.text()
    }),
    unpack: plain(machine, (args) => unpackWith(args, 0, 0)),
    unpack_one: plain(machine, (args) => unpackWith(args, 1, args.optionalInt(2, 0))),
    unpack_limit: plain(machine, (args) => unpackWith(args, args.int(2), args.optionalInt(3, 0))),
  }
}

const byte = (value: number): string => String.fromCharCode(value & 255)
const short = (value: number): string => byte(value >> 8) + byte(value)
const long = (value: number): string => short(value >>> 16) + short(value)

function pack(parts: Pieces, value: LuaValue, level: number): void {
  if (typeof value === 'string') parts.push(textHead(value.length), value)
  else if (typeof value === 'boolean') parts.push(value ? '\xc3' : '\xc2')
  else if (typeof value === 'number') parts.push(packNumber(value))
  else if (value instanceof LuaTable && level < MAX_NESTING) packTable(parts, value, level)
  else parts.push('\xc0')
}

const textHead = (length: number): string =>
  length < 32
    ? byte(0xa0 | length)
    : length <= 0xff
      ? `\xd9${byte(length)}`
      : length <= 0xffff
        ? `\xda${short(length)}`
        : `\xdb${long(length)}`

/** The head of a list or of a map, each of which has three forms. */
const head = (length: number, small: number, middle: string, large: string): string =>
  length <= 15 ? byte(small | length) : length <= 0xffff ? middle + short(length) : large + long(length)

const view = new DataView(new ArrayBuffer(8))

function packNumber(value: number): string {
  if (!Number.isFinite(value) || Number(toInt64(value)) !== value || value === 2 ** 63) return packFloat(value)
  if (value >= 0) {
    if (value <= 127) return byte(value)
    if (value <= 0xff) return `\xcc${byte(value)}`
    if (value <= 0xffff) return `\xcd${short(value)}`
    if (value <= 0xffffffff) return `\xce${long(value)}`
  } else {
    if (value >= -32) return byte(value)
    if (value >= -128) return `\xd0${byte(value)}`
    if (value >= -32768) return `\xd1${short(value)}`
    if (value >= -2147483648) return `\xd2${long(value)}`
  }
  view.setBigInt64(0, BigInt(value))
  return (value >= 0 ? '\xcf' : '\xd3') + bytesOfView(8)
}

function packFloat(value: number): string {
  if (Math.fround(value) === value) {
    view.setFloat32(0, value)
    return `\xca${bytesOfView(4)}`
  }
  if (Number.isNaN(value)) return NEGATIVE_NAN
  view.setFloat64(0, value)
  return `\xcb${bytesOfView(8)}`
}

// As processors of Intel's make it.
const NEGATIVE_NAN = '\xcb\xff\xf8\0\0\0\0\0\0'

function bytesOfView(count: number): string {
  let bytes = ''
  for (let at = 0; at < count; at++) bytes += byte(view.getUint8(at))
  return bytes
}

function packTable(parts: Pieces, table: LuaTable, level: number): void {
  const { count, isList } = countOf(table)
  if (isList) {
    parts.push(head(count, 0x90, '\xdc', '\xdd'))
    for (let at = 1; at <= count; at++) pack(parts, table.get(at), level + 1)
    return
  }
  parts.push(head(count, 0x80, '\xde', '\xdf'))
  for (const [key, value] of table.pairs()) {
    pack(parts, key, level + 1)
    pack(parts, value, level + 1)
  }
}

/** How many pairs there are, and whether their keys are the numbers from 1 to that. */
function countOf(table: LuaTable): { readonly count: number; readonly isList: boolean } {
  let [count, most, isList] = [0, 0, true]
  for (const [key] of table.pairs()) {
    count++
    if (typeof key === 'number' && Number.isInteger(key) && key >= 1) most = Math.max(most, key)
    else isList = false
  }
  return { count, isList: isList && most === count }
}

class Reader {
  readonly #machine: Machine
  readonly #source: string
  at: number
  #depth = 0

  constructor(machine: Machine, source: string, at: number) {
    this.#machine = machine
    this.#source = source
    this.at = at
  }

  value(): LuaValue {
    const [type] = this.#bytes(1)
    switch (type) {
      case 0xc0:
        return undefined
      case 0xc2:
      case 0xc3:
        return type === 0xc3
      case 0xca:
      case 0xcb:
        return this.#float(type === 0xca ? 4 : 8)
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#size(2 ** (type - 0xcc))
      case 0xcf:
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#signed(type === 0xcf ? 8 : 2 ** (type - 0xd0))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#size(2 ** (type - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#list(this.#size(type === 0xdc ? 2 : 4))
      case 0xde:
      case 0xdf:
        return this.#map(this.#size(type === 0xde ? 2 : 4))
      default:
        return this.#short(type)
    }
  }

  #short(type: number): LuaValue {
    if (type < 0x80) return type
    if (type >= 0xe0) return type - 256
    if ((type & 0xe0) === 0xa0) return this.#text(type & 0x1f)
    if ((type & 0xf0) === 0x90) return this.#list(type & 15)
    if ((type & 0xf0) === 0x80) return this.#map(type & 15)
    this.at--
    return this.#machine.raise('Bad data format in input.')
  }

  #text(length: number): string {
    if (length > this.#source.length - this.at) this.#machine.raise('Missing bytes in input.')
    this.at += length
    return this.#source.slice(this.at - length, this.at)
  }

  #bytes(count: number): [number, ...number[]] {
    const text = this.#text(count)
    return [text.charCodeAt(0), ...Array.from({ length: count - 1 }, (_, at) => text.charCodeAt(at + 1))]
  }

  #load(count: number): void {
    this.#bytes(count).forEach((value, at) => {
      view.setUint8(at, value)
    })
  }

  #size(count: number): number {
    return this.#bytes(count).reduce((size, value) => size * 256 + value, 0)
  }

  #signed(count: number): number {
    this.#load(count)
    return count === 8
      ? Number(view.getBigInt64(0))
      : count === 4
        ? view.getInt32(0)
        : count === 2
          ? view.getInt16(0)
          : view.getInt8(0)
  }

  #float(count: number): number {
    this.#load(count)
    return count === 4 ? view.getFloat32(0) : view.getFloat64(0)
  }

  #nested(body: () => void): void {
    if (++this.#depth > 4000) this.#machine.raise('stack overflow')
    body()
    this.#depth--
  }

  #list(length: number): LuaTable {
    const list = new LuaTable()
    this.#nested(() => {
      for (let at = 1; at <= length; at++) list.set(at, this.value())
    })
    return list
  }

  #map(length: number): LuaTable {
    const map = new LuaTable()
    this.#nested(() => {
      for (let at = 0; at < length; at++) {
        const key = this.value()
        const value = this.value()
        this.#machine.rawSet(map, key, value)
      }
    })
    return map
  }
}

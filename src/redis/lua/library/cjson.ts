import { general } from '../../protocol/printed.ts'
import { type Machine, text, typeName } from '../machine.ts'
import { stringToNumber } from '../numbers.ts'
import { LuaTable } from '../table.ts'
import { LightUserdata, type LuaValue, NULL_POINTER } from '../values.ts'
import { type Arguments, type Library, plain, tableOf } from './arguments.ts'
import { Pieces } from './pieces.ts'

interface Settings {
  convertsSparse: boolean
  sparseRatio: number
  sparseSafe: number
  encodeDepth: number
  decodeDepth: number
  encodeInvalid: boolean | 'null'
  decodeInvalid: boolean
  precision: number
  keepsBuffer: boolean
}

/** JSON as lua-cjson 2.1 reads and writes it, settings included: they hold for all scripts of a server. */
export function cjson(machine: Machine): Library {
  const settings: Settings = {
    convertsSparse: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeDepth: 1000,
    decodeDepth: 1000,
    encodeInvalid: false,
    decodeInvalid: true,
    precision: 14,
    keepsBuffer: true,
  }
  const single = (body: (args: Arguments) => LuaValue) =>
    plain(machine, (args) => {
      if (args.count !== 1) args.fail(1, 'expected 1 argument')
      return body(args)
    })
  const integer = (args: Arguments, index: number, now: number, least: number, most: number): number => {
    if (args.at(index) === undefined) return now
    const value = args.int(index)
    if (value < least || value > most) args.fail(1, `expected integer between ${least} and ${most}`)
    return value
  }
  const flag = (args: Arguments, index: number, now: boolean): boolean => {
    const value = args.at(index)
    if (value === undefined || typeof value === 'boolean') return value ?? now
    const word = args.string(index)
    return (
      word === 'on' || (word === 'off' ? false : args.fail(index, `invalid option '${word.replace(/\0.*$/s, '')}'`))
    )
  }
  const setting = (most: number, body: (args: Arguments) => LuaValue | LuaValue[]) =>
    plain(machine, (args) => {
      if (args.count > most) args.fail(most + 1, 'found too many arguments')
      return body(args)
    })
  return {
    _NAME: 'cjson',
    _VERSION: '2.1.0',
    null: NULL_POINTER,
    new: plain(machine, () => tableOf(cjson(machine))),
    encode: single((args) => {
      const parts = new Pieces(machine)
      encode(machine, settings, parts, args.at(1), 0)
      return parts.text()
    }),
    decode: single((args) => {
      const source = args.string(1)
      if (source.length >= 2 && (source[0] === '\0' || source[1] === '\0')) {
        machine.raise('JSON parser does not support UTF-16 or UTF-32')
      }
      return new Parser(machine, settings, source).all()
    }),
    encode_sparse_array: setting(3, (args) => {
      settings.convertsSparse = flag(args, 1, settings.convertsSparse)
      settings.sparseRatio = integer(args, 2, settings.sparseRatio, 0, 0x7fffffff)
      settings.sparseSafe = integer(args, 3, settings.sparseSafe, 0, 0x7fffffff)
      return [settings.convertsSparse, settings.sparseRatio, settings.sparseSafe]
    }),
    encode_max_depth: setting(1, (args) => {
      settings.encodeDepth = integer(args, 1, settings.encodeDepth, 1, 0x7fffffff)
      return settings.encodeDepth
    }),
    decode_max_depth: setting(1, (args) => {
      settings.decodeDepth = integer(args, 1, settings.decodeDepth, 1, 0x7fffffff)
      return settings.decodeDepth
    }),
    encode_number_precision: setting(1, (args) => {
      settings.precision = integer(args, 1, settings.precision, 1, 14)
      return settings.precision
    }),
    encode_keep_buffer: setting(1, (args) => {
      settings.keepsBuffer = flag(args, 1, settings.keepsBuffer)
      return settings.keepsBuffer
    }),
    encode_invalid_numbers: setting(1, (args) => {
      settings.encodeInvalid = args.at(1) === 'null' ? 'null' : flag(args, 1, settings.encodeInvalid === true)
      return settings.encodeInvalid
    }),
    decode_invalid_numbers: setting(1, (args) => {
      settings.decodeInvalid = flag(args, 1, settings.decodeInvalid)
      return settings.decodeInvalid
    }),
  }
}

const ESCAPED = /[\0-\x1f"\\/\x7f]/g
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
}

const quoted = (source: string): string =>
  `"${source.replace(ESCAPED, (char) => SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`

function refuse(machine: Machine, value: LuaValue, reason: string): never {
  return machine.raise(`Cannot serialise ${typeName(value)}: ${reason}`)
}

function number(machine: Machine, settings: Settings, value: number): string {
  if (Number.isFinite(value)) return general(value, settings.precision)
  if (settings.encodeInvalid === false) return refuse(machine, value, 'must not be NaN or Inf')
  if (settings.encodeInvalid === 'null') return 'null'
  return Number.isNaN(value) ? 'nan' : general(value, settings.precision)
}

function encode(machine: Machine, settings: Settings, parts: Pieces, value: LuaValue, depth: number): void {
  if (typeof value === 'string') parts.push(quoted(value))
  else if (typeof value === 'number') parts.push(number(machine, settings, value))
  else if (typeof value === 'boolean') parts.push(String(value))
  else if (value === undefined || value instanceof LightUserdata) parts.push('null')
  else if (value instanceof LuaTable) encodeTable(machine, settings, parts, value, depth + 1)
  else refuse(machine, value, 'type not supported')
}

function encodeTable(machine: Machine, settings: Settings, parts: Pieces, table: LuaTable, depth: number): void {
  if (depth > settings.encodeDepth) machine.raise(`Cannot serialise, excessive nesting (${depth})`)
  const length = listLength(machine, settings, table)
  if (length > 0) {
    parts.push('[')
    for (let at = 1; at <= length; at++) {
      if (at > 1) parts.push(',')
      encode(machine, settings, parts, table.get(at), depth)
    }
    parts.push(']')
    return
  }
  parts.push('{')
  let isFirst = true
  for (const [key, value] of table.pairs()) {
    if (!isFirst) parts.push(',')
    isFirst = false
    if (typeof key === 'number') parts.push('"', number(machine, settings, key), '":')
    else parts.push(quoted(text(key) ?? refuse(machine, key, 'table key must be a number or string')), ':')
    encode(machine, settings, parts, value, depth)
  }
  parts.push('}')
}

/** The greatest index of a table that has only indices, 0 for what is written as an object. */
function listLength(machine: Machine, settings: Settings, table: LuaTable): number {
  let [most, count] = [0, 0]
  for (const [key] of table.pairs()) {
    if (typeof key !== 'number' || !Number.isInteger(key) || key < 1) return 0
    most = Math.max(most, key)
    count++
  }
  const isSparse = settings.sparseRatio > 0 && most > count * settings.sparseRatio && most > settings.sparseSafe
  if (!isSparse) return most
  return settings.convertsSparse ? 0 : refuse(machine, table, 'excessively sparse array')
}

interface Token {
  readonly type: string
  readonly index: number
  readonly value?: LuaValue
}

const SINGLE: Readonly<Record<string, string>> = {
  '{': 'T_OBJ_BEGIN',
  '}': 'T_OBJ_END',
  '[': 'T_ARR_BEGIN',
  ']': 'T_ARR_END',
  ',': 'T_COMMA',
  ':': 'T_COLON',
  '\0': 'T_END',
}
const UNESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
}
const WORDS: readonly (readonly [string, string, LuaValue])[] = [
  ['true', 'T_BOOLEAN', true],
  ['false', 'T_BOOLEAN', false],
  ['null', 'T_NULL', NULL_POINTER],
]
/** What C's strtod takes from the start of a text. */
const NUMBER =
  /[+-]?(?:0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan(?:\([0-9a-z_]*\))?)/iy
const INVALID = /\+|-?0x|-?0\d|-?inf|-?nan/iy
const PLAIN = /[^"\\\0]+/y
const HEX4 = /[0-9a-f]{4}/iy

class Parser {
  readonly #machine: Machine
  readonly #settings: Settings
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(machine: Machine, settings: Settings, source: string) {
    this.#machine = machine
    this.#settings = settings
    this.#source = source
  }

  all(): LuaValue {
    const value = this.#value(this.#next())
    const end = this.#next()
    if (end.type !== 'T_END') this.#unexpected('the end', end)
    return value
  }

  #unexpected(expected: string, { type, index }: Token): never {
    return this.#machine.raise(`Expected ${expected} but found ${type} at character ${index + 1}`)
  }

  #value(token: Token): LuaValue {
    switch (token.type) {
      case 'T_STRING':
      case 'T_NUMBER':
      case 'T_BOOLEAN':
      case 'T_NULL':
        return token.value
      case 'T_OBJ_BEGIN':
        return this.#object()
      case 'T_ARR_BEGIN':
        return this.#array()
      default:
        return this.#unexpected('value', token)
    }
  }

  #descend(): void {
    if (++this.#depth <= this.#settings.decodeDepth) return
    this.#machine.raise(`Found too many nested data structures (${this.#depth}) at character ${this.#at}`)
  }

  #object(): LuaTable {
    this.#descend()
    const object = new LuaTable()
    let token = this.#next()
    while (token.type !== 'T_OBJ_END') {
      if (token.type !== 'T_STRING') this.#unexpected('object key string', token)
      const key = token.value
      token = this.#next()
      if (token.type !== 'T_COLON') this.#unexpected('colon', token)
      object.set(key, this.#value(this.#next()))
      token = this.#next()
      if (token.type === 'T_OBJ_END') break
      if (token.type !== 'T_COMMA') this.#unexpected('comma or object end', token)
      token = this.#next()
      if (token.type === 'T_OBJ_END') this.#unexpected('object key string', token)
    }
    this.#depth--
    return object
  }

  #array(): LuaTable {
    this.#descend()
    const array = new LuaTable()
    let token = this.#next()
    for (let at = 1; token.type !== 'T_ARR_END'; at++) {
      array.set(at, this.#value(token))
      token = this.#next()
      if (token.type === 'T_ARR_END') break
      if (token.type !== 'T_COMMA') this.#unexpected('comma or array end', token)
      token = this.#next()
      if (token.type === 'T_ARR_END') this.#unexpected('value', token)
    }
    this.#depth--
    return array
  }

  #next(): Token {
    while (' \t\n\r'.includes(this.#source[this.#at] ?? '!')) this.#at++
    const index = this.#at
    const char = this.#source[index] ?? '\0'
    const single = SINGLE[char]
    if (single !== undefined) {
      if (single !== 'T_END') this.#at++
      return { type: single, index }
    }
    if (char === '"') return this.#string()
    if (char === '-' || (char >= '0' && char <= '9')) {
      return !this.#settings.decodeInvalid && this.#isInvalid()
        ? { type: 'invalid number', index }
        : this.#number(index)
    }
    for (const [word, type, value] of WORDS) {
      if (!this.#source.startsWith(word, index)) continue
      this.#at += word.length
      return { type, index, value }
    }
    return this.#settings.decodeInvalid && 'iInN+'.includes(char) && this.#isInvalid()
      ? this.#number(index)
      : { type: 'invalid token', index }
  }

  /** Whether a number starts as JSON forbids it. */
  #isInvalid(): boolean {
    INVALID.lastIndex = this.#at
    return INVALID.test(this.#source)
  }

  #number(index: number): Token {
    NUMBER.lastIndex = index
    const digits = NUMBER.exec(this.#source)?.[0]
    const value = digits === undefined ? undefined : stringToNumber(digits)
    if (digits === undefined || value === undefined) return { type: 'invalid number', index }
    this.#at += digits.length
    return { type: 'T_NUMBER', index, value }
  }

  #string(): Token {
    const index = this.#at++
    let made = ''
    for (;;) {
      PLAIN.lastIndex = this.#at
      const plainText = PLAIN.exec(this.#source)?.[0] ?? ''
      made += plainText
      this.#at += plainText.length
      const char = this.#source[this.#at]
      if (char === '"') break
      if (char !== '\\') return { type: 'unexpected end of string', index: this.#at }
      const letter = this.#source[this.#at + 1] ?? '\0'
      if (letter === 'u') {
        const unit = this.#unicode()
        if (unit === undefined) return { type: 'invalid unicode escape code', index: this.#at }
        made += unit
      } else {
        const escaped = UNESCAPED[letter]
        if (escaped === undefined) return { type: 'invalid escape code', index: this.#at }
        made += escaped
        this.#at += 2
      }
    }
    this.#at++
    return { type: 'T_STRING', index, value: made }
  }

  #hex4(at: number): number | undefined {
    HEX4.lastIndex = at
    const digits = HEX4.exec(this.#source)?.[0]
    return digits === undefined ? undefined : Number.parseInt(digits, 16)
  }

  /** An escaped character as the bytes of its UTF-8; two escapes where they are a pair. */
  #unicode(): string | undefined {
    const unit = this.#hex4(this.#at + 2)
    if (unit === undefined) return undefined
    let code = unit
    let length = 6
    if ((unit & 0xf800) === 0xd800) {
      const low = this.#source.startsWith('\\u', this.#at + 6) ? this.#hex4(this.#at + 8) : undefined
      if ((unit & 0x400) !== 0 || low === undefined || (low & 0xfc00) !== 0xdc00) return undefined
      code = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
      length = 12
    }
    this.#at += length
    return Buffer.from(String.fromCodePoint(code)).toString('latin1')
  }
}

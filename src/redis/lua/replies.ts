import { toInt64 } from './numbers.ts'
import { LuaTable } from './table.ts'
import type { LuaValue } from './values.ts'

/** Tables within tables that a reply may have; on the servers Lua's own stack ends some thousands of them on. */
const MAX_DEPTH = 800

export type Resp = 2 | 3

/**
 * What a command replied to a script, as a value of Lua: an error is a table with `err`, a status one with `ok`; what only RESP3
 * has is a table with one field that says what it is.
 */
export function fromReply(bytes: Buffer): LuaValue {
  return new ReplyReader(bytes).value()
}

class ReplyReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  value(): LuaValue {
    const mark = this.#bytes[this.#at++]
    const line = this.#line()
    switch (mark) {
      case 0x24: // $
        return line === '-1' ? false : this.#text(Number(line))
      case 0x3a: // :
        return Number(line)
      case 0x2b: // +
        return record('ok', line)
      case 0x2d: // -
        return failure(line)
      case 0x2a: // *
        return line === '-1' ? false : this.#array(Number(line))
      case 0x5f: // _
        return undefined
      case 0x23: // #
        return line === 't'
      case 0x2c: // ,
        return record('double', line === 'inf' ? Infinity : line === '-inf' ? -Infinity : Number(line))
      case 0x28: // (
        return record('big_number', line)
      case 0x25: // %
        return record('map', this.#map(Number(line)))
      case 0x7e: // ~
        return record('set', this.#set(Number(line)))
      case 0x3d: // =
        return record('verbatim_string', verbatim(this.#text(Number(line))))
      default:
        // An attribute, which scripts don't see: what it belongs to follows.
        for (let left = 2 * Number(line); left > 0; left--) this.value()
        return this.value()
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0d, this.#at)
    const line = this.#bytes.toString('latin1', this.#at, end)
    this.#at = end + 2
    return line
  }

  #text(length: number): string {
    const start = this.#at
    this.#at += length + 2
    return this.#bytes.toString('latin1', start, start + length)
  }

  #array(length: number): LuaTable {
    const table = new LuaTable()
    for (let index = 1; index <= length; index++) table.set(index, this.value())
    return table
  }

  #map(length: number): LuaTable {
    const table = new LuaTable()
    for (let left = length; left > 0; left--) {
      const key = this.value()
      table.set(key, this.value())
    }
    return table
  }

  #set(length: number): LuaTable {
    const table = new LuaTable()
    for (let left = length; left > 0; left--) table.set(this.value(), true)
    return table
  }
}

export function record(field: string, value: LuaValue): LuaTable {
  const table = new LuaTable([], 1)
  table.set(field, value)
  return table
}

function verbatim(text: string): LuaTable {
  const table = record('string', text.slice(4))
  table.set('format', text.slice(0, 3))
  return table
}

/** An error that a command replied. It was counted when the command failed, hence the mark. */
function failure(line: string): LuaTable {
  const table = errorTable(`-${line}`)
  table.set(COUNTED, true)
  return table
}

/** Field of errors that are in the statistics already. */
export const COUNTED = 'ignore_error_stats_update'

/** An error as scripts see it. One that begins with a minus has a code of its own. */
export function errorTable(message: string): LuaTable {
  const space = message.indexOf(' ')
  const [code, text] = !message.startsWith('-')
    ? ['ERR', message]
    : space < 0
      ? ['ERR', message.slice(1)]
      : [message.slice(1, space), message.slice(space + 1)]
  return record('err', `${code} ${text.replace(/^[\r\n]+|[\r\n]+$/g, '')}`)
}

/** What a client is told of a value that a script gave: `script` is the protocol that the script chose, `client` the client's. */
export function toReply(
  value: LuaValue,
  script: Resp,
  client: Resp,
  { failed, double }: Pick<Writing, 'failed' | 'double'>,
): string {
  const parts: string[] = []
  write({ parts, script, client, failed, double }, value, 0)
  return parts.join('')
}

/** Told of each error among the values, and whether it is in the statistics already. */
type Failed = (line: string, counted: boolean) => void

interface Writing {
  readonly parts: string[]
  readonly script: Resp
  readonly client: Resp
  readonly failed: Failed
  /** How a double is written. */
  readonly double: (value: number) => string
}

function write(to: Writing, value: LuaValue, depth: number): void {
  const { parts, script, client } = to
  if (typeof value === 'string') parts.push(bulk(value))
  else if (typeof value === 'number')
    parts.push(`:${Number.isSafeInteger(value) && !Object.is(value, -0) ? value : toInt64(value)}\r\n`)
  else if (typeof value === 'boolean') parts.push(boolean(value, script, client))
  else if (value instanceof LuaTable) {
    if (depth >= MAX_DEPTH) parts.push('-ERR reached lua stack limit\r\n')
    else writeTable(to, value, depth)
  } else parts.push(nothing(client))
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`
const nothing = (client: Resp): string => (client === 2 ? '$-1\r\n' : '_\r\n')
const oneLine = (text: string): string => (/[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text)

function boolean(value: boolean, script: Resp, client: Resp): string {
  if (script === 2) return value ? ':1\r\n' : nothing(client)
  return client === 2 ? `:${Number(value)}\r\n` : value ? '#t\r\n' : '#f\r\n'
}

function writeTable(to: Writing, table: LuaTable, depth: number): void {
  const { parts, client } = to
  const special = table.hash === null ? undefined : specialReply(table, to)
  if (special !== undefined) {
    parts.push(special)
    return
  }
  const map = table.field('map')
  if (map instanceof LuaTable) {
    const pairs = [...map.pairs()]
    parts.push(client === 2 ? `*${2 * pairs.length}\r\n` : `%${pairs.length}\r\n`)
    for (const [key, item] of pairs) {
      write(to, key, depth + 1)
      write(to, item, depth + 1)
    }
    return
  }
  const set = table.field('set')
  if (set instanceof LuaTable) {
    const pairs = [...set.pairs()]
    parts.push(`${client === 2 ? '*' : '~'}${pairs.length}\r\n`)
    for (const [key] of pairs) write(to, key, depth + 1)
    return
  }
  let length = 0
  while (table.get(length + 1) !== undefined) length++
  parts.push(`*${length}\r\n`)
  for (let at = 1; at <= length; at++) write(to, table.get(at), depth + 1)
}

/** What a table with one of the fields that mean something becomes, in the order in which servers look for them. */
function specialReply(table: LuaTable, { client, failed, double: written }: Writing): string | undefined {
  const err = table.field('err')
  if (typeof err === 'string') {
    failed(err, table.field(COUNTED) === true)
    return `-${oneLine(err)}\r\n`
  }
  const ok = table.field('ok')
  if (typeof ok === 'string') return `+${oneLine(ok)}\r\n`
  const double = table.field('double')
  if (typeof double === 'number') return client === 2 ? bulk(written(double)) : `,${written(double)}\r\n`
  const bigNumber = table.field('big_number')
  if (typeof bigNumber === 'string') return client === 2 ? bulk(oneLine(bigNumber)) : `(${oneLine(bigNumber)}\r\n`
  const text = table.field('verbatim_string')
  if (!(text instanceof LuaTable)) return undefined
  const [format, string] = [text.field('format'), text.field('string')]
  if (typeof format !== 'string' || typeof string !== 'string') return undefined
  // A format has three characters, whatever the script said.
  return client === 2 ? bulk(string) : `=${string.length + 4}\r\n${format.slice(0, 3).padEnd(3)}:${string}\r\n`
}

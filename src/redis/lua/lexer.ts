import { stringToNumber } from './numbers.ts'
import { LuaError } from './values.ts'

const RESERVED = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
)
/** Longest first. */
const SYMBOLS = ['...', '..', '==', '>=', '<=', '~=', ...'+-*/%^#<>=(){}[];:,.']
const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMERAL = /(?:[0-9]|\.[0-9])(?:[0-9.])*(?:[eE][+-]?)?[A-Za-z0-9_]*/y
const SPACE = /[ \t\v\f]+/y
const LONG_BRACKET = /\[(=*)\[/y
const SHORT_COMMENT = /[^\r\n]*/y
const PLAIN = /[^\\"'\r\n]+/y

/** A word of the source: a reserved word or symbol is its own type. */
export interface Token {
  readonly type: string
  readonly line: number
  /** What was written, for messages. */
  readonly text: string
  readonly value: string | number
}

/** Reads words of Lua 5.1 from bytes. Its messages are those of Lua's own reader, since scripts' authors see them. */
export class Lexer {
  readonly #source: string
  readonly #chunk: string
  #at = 0
  #line = 1

  constructor(source: string, chunk: string) {
    this.#source = source
    this.#chunk = chunk
  }

  fail(message: string, near?: string, line = this.#line): never {
    throw new LuaError(
      `${this.#chunk}:${line}: ${message}${near === undefined ? '' : ` near '${near}'`}`,
      undefined,
      undefined,
    )
  }

  next(): Token {
    for (;;) {
      const start = this.#source[this.#at]
      if (start === undefined) return { type: '<eof>', line: this.#line, text: '<eof>', value: '' }
      if (start === '\n' || start === '\r') this.#newline()
      else if (this.#take(SPACE) === undefined && !this.#comment()) return this.#word(start)
    }
  }

  #word(start: string): Token {
    const line = this.#line
    if (/[A-Za-z_]/.test(start)) {
      const name = this.#take(NAME) ?? ''
      return { type: RESERVED.has(name) ? name : '<name>', line, text: name, value: name }
    }
    const numeral = this.#take(NUMERAL)
    if (numeral !== undefined) return this.#number(numeral)
    if (start === '"' || start === "'") return this.#string(start)
    if (start === '[') {
      const bracket = this.#take(LONG_BRACKET)
      if (bracket !== undefined) return this.#longString(bracket)
      if (this.#source[this.#at + 1] === '=') this.fail('invalid long string delimiter', '[=')
    }
    const symbol = SYMBOLS.find((one) => this.#source.startsWith(one, this.#at)) ?? start
    this.#at += symbol.length
    // Lua has no name for a zero byte, which it takes for no token at all.
    const text = symbol === '\0' ? '' : symbol < ' ' ? `char(${symbol.charCodeAt(0)})` : symbol
    return { type: symbol, line, text, value: symbol }
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  /** Steps over an end of line: a line feed, a carriage return, or both in either order. */
  #newline(): void {
    const [one, two] = [this.#source[this.#at], this.#source[this.#at + 1]]
    this.#at += (two === '\n' || two === '\r') && two !== one ? 2 : 1
    this.#line++
  }

  #comment(): boolean {
    if (!this.#source.startsWith('--', this.#at)) return false
    this.#at += 2
    const bracket = this.#take(LONG_BRACKET)
    if (bracket === undefined) this.#take(SHORT_COMMENT)
    else this.#longText(bracket, 'comment')
    return true
  }

  #longString(bracket: string): Token {
    const value = this.#longText(bracket, 'string')
    return { type: '<string>', line: this.#line, text: `${bracket}${value}${bracket.replaceAll('[', ']')}`, value }
  }

  #longText(bracket: string, what: string): string {
    const end = `]${bracket.slice(1, -1)}]`
    const parts: string[] = []
    if (/[\r\n]/.test(this.#source[this.#at] ?? '')) this.#newline()
    for (;;) {
      const char = this.#source[this.#at]
      if (char === undefined) this.fail(`unfinished long ${what}`, '<eof>')
      if (this.#source.startsWith(end, this.#at)) break
      if (char === '\n' || char === '\r') {
        this.#newline()
        parts.push('\n')
      } else {
        this.#at++
        parts.push(char)
      }
    }
    this.#at += end.length
    return parts.join('')
  }

  #number(text: string): Token {
    const value = /^[0-9.]/.test(text) ? stringToNumber(text) : undefined
    if (value === undefined) this.fail('malformed number', text)
    return { type: '<number>', line: this.#line, text, value }
  }

  #string(quote: string): Token {
    this.#at++
    const parts: string[] = []
    for (;;) {
      const plain = this.#take(PLAIN)
      if (plain !== undefined) parts.push(plain)
      const char = this.#source[this.#at]
      if (char === undefined) this.fail('unfinished string', '<eof>')
      if (char === '\n' || char === '\r') this.fail('unfinished string', quote + parts.join(''))
      if (char === '\\') parts.push(this.#escape(quote + parts.join('')))
      else {
        this.#at++
        if (char === quote) break
        parts.push(char)
      }
    }
    const value = parts.join('')
    return { type: '<string>', line: this.#line, text: quote + value + quote, value }
  }

  #escape(before: string): string {
    const char = this.#source[++this.#at]
    if (char === undefined) this.fail('unfinished string', '<eof>')
    if (char === '\n' || char === '\r') {
      this.#newline()
      return '\n'
    }
    const digits = /^\d{1,3}/.exec(this.#source.slice(this.#at, this.#at + 3))?.[0]
    this.#at += digits?.length ?? 1
    if (digits === undefined) return ESCAPES[char] ?? char
    if (Number(digits) > 255) this.fail('escape sequence too large', before)
    return String.fromCharCode(Number(digits))
  }
}

/** What messages call a chunk, from the name it was loaded under (`@` marks a file's, all else is the source itself). */
export function chunkName(name: string): string {
  if (name.startsWith('@') || name.startsWith('=')) return name.slice(1, 60)
  const [line = ''] = name.split(/[\r\n]/)
  const room = 60 - '[string "..."]'.length - 1
  return line.length < name.length || line.length > room ? `[string "${line.slice(0, room)}..."]` : `[string "${line}"]`
}

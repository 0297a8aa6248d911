/**
 * JSON as Python's `json.loads` reads it, which aws-cli's inputs and literals of queries go through: 1.0 is not 1, NaN and
 * Infinity are numbers, whole numbers have no end, and what is wrong is said in Python's words. Pure.
 */
import type { JsonPath } from '../../api/refusals.ts'
import { Float } from '../output/python-text.ts'

/** The text is not JSON; the message is Python's, with the place. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
}

/** Numbers with a point or an exponent become {@link Float}, whole ones too large for JavaScript a bigint. */
export function parsePython(text: string): unknown {
  const reader = new Reader(text)
  if (text.startsWith('\ufeff')) reader.fail('Unexpected UTF-8 BOM (decode using utf-8-sig)', 0)
  return reader.whole()
}

/** In Python's words, where in a text that is JSON a value stands: a member by its name, the last where there are several. */
export function placeInJson(text: string, path: JsonPath): string {
  const reader = new Reader(text)
  return reader.placeOf(reader.find(path))
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const PLAIN = /[^"\\\u0000-\u001f]*/y
const HEX = /[0-9a-fA-F]{4}/y

const CONSTANTS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new Float(Number.NaN)],
  ['Infinity', new Float(Number.POSITIVE_INFINITY)],
  ['-Infinity', new Float(Number.NEGATIVE_INFINITY)],
]

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): unknown {
    this.#skipSpace()
    const value = this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) this.fail('Extra data', this.#at)
    return value
  }

  fail(reason: string, at: number): never {
    throw new JsonError(`${reason}: ${this.placeOf(at)}`)
  }

  /** Counted in characters, as Python counts them, not in JavaScript's halves of some. */
  placeOf(at: number): string {
    const before = this.#text.slice(0, at)
    const lineStart = before.lastIndexOf('\n') + 1
    const line = before.split('\n').length
    const column = [...before.slice(lineStart)].length + 1
    return `line ${line} column ${column} (char ${[...before].length})`
  }

  /** Where the value begins that the path leads to, from the one that begins here or behind blanks. */
  find(path: JsonPath): number {
    this.#skipSpace()
    const [step, ...rest] = path
    const begin = this.#at
    if (step === undefined) return begin
    let found = begin
    const isObject = this.#text[begin] === '{'
    this.#at += 1
    for (let index = 0; ; index++) {
      this.#skipSpace()
      if (this.#take(isObject ? '}' : ']')) return found
      const nameAt = this.#at
      const name = isObject ? this.#string() : index
      this.#skipSpace()
      this.#take(':')
      this.#skipSpace()
      const valueAt = this.#at
      if (name === step) {
        found = rest.length > 0 ? this.find(rest) : nameAt
        this.#at = valueAt
      }
      this.#value()
      this.#skipSpace()
      this.#take(',')
    }
  }

  #value(): unknown {
    const character = this.#text[this.#at]
    if (character === '"') return this.#string()
    if (character === '{') return this.#object()
    if (character === '[') return this.#array()
    const constant = CONSTANTS.find(([name]) => this.#text.startsWith(name, this.#at))
    if (constant) {
      this.#at += constant[0].length
      return constant[1]
    }
    const found = this.#match(NUMBER)
    if (!found) this.fail('Expecting value', this.#at)
    const [digits, fraction, exponent] = found
    if (fraction !== undefined || exponent !== undefined) return new Float(Number(digits))
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits)
  }

  #object(): object {
    // A map, because a name of digits, or `__proto__`, is a name like any other.
    const members = new Map<string, unknown>()
    this.#at += 1
    this.#skipSpace()
    if (this.#take('}')) return {}
    for (;;) {
      if (this.#text[this.#at] !== '"') this.fail('Expecting property name enclosed in double quotes', this.#at)
      const name = this.#string()
      this.#skipSpace()
      if (!this.#take(':')) this.fail("Expecting ':' delimiter", this.#at)
      this.#skipSpace()
      members.set(name, this.#value())
      this.#skipSpace()
      if (this.#take('}')) return Object.fromEntries(members)
      if (!this.#take(',')) this.fail("Expecting ',' delimiter", this.#at)
      this.#skipSpace()
    }
  }

  #array(): unknown[] {
    const items: unknown[] = []
    this.#at += 1
    this.#skipSpace()
    if (this.#take(']')) return items
    for (;;) {
      items.push(this.#value())
      this.#skipSpace()
      if (this.#take(']')) return items
      if (!this.#take(',')) this.fail("Expecting ',' delimiter", this.#at)
      this.#skipSpace()
    }
  }

  #string(): string {
    const begin = this.#at
    let value = ''
    this.#at += 1
    for (;;) {
      value += this.#match(PLAIN)?.[0] ?? ''
      const character = this.#text[this.#at]
      if (character === undefined) this.fail('Unterminated string starting at', begin)
      if (character !== '"' && character !== '\\') this.fail('Invalid control character at', this.#at)
      this.#at += 1
      if (character === '"') return value
      value += this.#escape(begin)
    }
  }

  /** Stands behind the backslash. */
  #escape(begin: number): string {
    const letter = this.#text[this.#at]
    if (letter === undefined) this.fail('Unterminated string starting at', begin)
    this.#at += 1
    if (letter === 'u') {
      const hex = this.#match(HEX)?.[0]
      if (hex === undefined) this.fail('Invalid \\uXXXX escape', this.#at - 1)
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const meant = ESCAPES[letter]
    if (meant === undefined) this.fail('Invalid \\escape', this.#at - 2)
    return meant
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    this.#match(SPACE)
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at += found[0].length
    return found
  }
}

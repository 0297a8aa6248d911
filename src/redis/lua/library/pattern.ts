import type { Machine } from '../machine.ts'
import type { LuaValue } from '../values.ts'

const MAX_CAPTURES = 32
const POSITION = -2
const OPEN = -1

interface Capture {
  start: number
  /** Its length, or OPEN, or POSITION for `()`. */
  length: number
}

/**
 * Lua's patterns, matched as Lua matches them: by backtracking over single characters. A character is a byte, and classes are
 * those of the C locale. `%z` stands for the zero byte, which ends a pattern: Lua 5.1 reads it as C reads strings.
 */
export class Matcher {
  readonly #machine: Machine
  readonly #source: string
  readonly #pattern: string
  captures: Capture[] = []

  constructor(machine: Machine, source: string, pattern: string) {
    this.#machine = machine
    this.#source = source
    const end = pattern.indexOf('\0')
    this.#pattern = end < 0 ? pattern : pattern.slice(0, end)
  }

  slice(start: number, end: number): string {
    return this.#source.slice(start, end)
  }

  /** Matches the pattern from `from` of it at `at`; the end of the match, or -1. */
  match(at: number, from: number): number {
    this.captures = []
    return this.#match(at, from)
  }

  /** What the match from `start` to `end` gives: its captures, or all of it where there are none. */
  results(start: number, end: number, whole: boolean): LuaValue[] {
    if (this.captures.length === 0) return whole ? [this.#source.slice(start, end)] : []
    return this.captures.map((_, index) => this.#capture(index))
  }

  /** The capture at `index`, or the whole match where it is the first and there are none. */
  capture(index: number, start: number, end: number): LuaValue {
    if (index < this.captures.length) return this.#capture(index)
    return index === 0 ? this.#source.slice(start, end) : this.#machine.raise('invalid capture index')
  }

  #capture(index: number): LuaValue {
    const { start, length } = this.captures[index] ?? { start: 0, length: OPEN }
    if (length === OPEN) this.#machine.raise('unfinished capture')
    return length === POSITION ? start + 1 : this.#source.slice(start, start + length)
  }

  #match(start: number, from: number): number {
    let [at, p] = [start, from]
    const pattern = this.#pattern
    for (;;) {
      if (p >= pattern.length) return at
      switch (pattern[p]) {
        case '(':
          return pattern[p + 1] === ')' ? this.#open(at, p + 2, POSITION) : this.#open(at, p + 1, OPEN)
        case ')':
          return this.#close(at, p + 1)
        case '$':
          if (p + 1 === pattern.length) return at === this.#source.length ? at : -1
          break
        case '%': {
          const next = pattern[p + 1]
          if (next === 'b') {
            at = this.#balance(at, p + 2)
            if (at < 0) return -1
            p += 4
            continue
          }
          if (next === 'f') {
            p += 2
            if (pattern[p] !== '[') this.#machine.raise("missing '[' after '%f' in pattern")
            const end = this.#classEnd(p)
            const before = at === 0 ? 0 : this.#source.charCodeAt(at - 1)
            const here = at < this.#source.length ? this.#source.charCodeAt(at) : 0
            if (this.#inSet(before, p, end - 1) || !this.#inSet(here, p, end - 1)) return -1
            p = end
            continue
          }
          if (next !== undefined && next >= '0' && next <= '9') {
            at = this.#back(at, next)
            if (at < 0) return -1
            p += 2
            continue
          }
          break
        }
      }
      const end = this.#classEnd(p)
      const suffix = pattern[end]
      if (suffix === '*') return this.#greedy(at, p, end, 0)
      if (suffix === '+') return this.#greedy(at, p, end, 1)
      if (suffix === '-') return this.#lazy(at, p, end)
      const fits = at < this.#source.length && this.#single(this.#source.charCodeAt(at), p, end)
      if (suffix === '?') {
        if (fits) {
          const result = this.#match(at + 1, end + 1)
          if (result >= 0) return result
        }
        p = end + 1
        continue
      }
      if (!fits) return -1
      at++
      p = end
    }
  }

  #greedy(at: number, p: number, end: number, least: number): number {
    let count = 0
    while (at + count < this.#source.length && this.#single(this.#source.charCodeAt(at + count), p, end)) count++
    for (; count >= least; count--) {
      const result = this.#match(at + count, end + 1)
      if (result >= 0) return result
    }
    return -1
  }

  #lazy(start: number, p: number, end: number): number {
    for (let at = start; ; at++) {
      const result = this.#match(at, end + 1)
      if (result >= 0) return result
      if (at >= this.#source.length || !this.#single(this.#source.charCodeAt(at), p, end)) return -1
    }
  }

  #open(at: number, p: number, length: number): number {
    if (this.captures.length >= MAX_CAPTURES) this.#machine.raise('too many captures')
    this.captures.push({ start: at, length })
    const result = this.#match(at, p)
    if (result < 0) this.captures.pop()
    return result
  }

  #close(at: number, p: number): number {
    const capture = this.captures.findLast(({ length }) => length === OPEN)
    if (capture === undefined) return this.#machine.raise('invalid pattern capture')
    capture.length = at - capture.start
    const result = this.#match(at, p)
    if (result < 0) capture.length = OPEN
    return result
  }

  #balance(start: number, p: number): number {
    const [opener, closer] = [this.#pattern[p], this.#pattern[p + 1]]
    if (opener === undefined || closer === undefined) this.#machine.raise('unbalanced pattern')
    if (this.#source[start] !== opener) return -1
    let depth = 1
    for (let at = start + 1; at < this.#source.length; at++) {
      if (this.#source[at] === closer) {
        if (--depth === 0) return at + 1
      } else if (this.#source[at] === opener) depth++
    }
    return -1
  }

  #back(at: number, digit: string): number {
    const capture = this.captures[Number(digit) - 1]
    if (capture === undefined || capture.length === OPEN) return this.#machine.raise('invalid capture index')
    const text = this.#source.slice(capture.start, capture.start + capture.length)
    return this.#source.startsWith(text, at) ? at + text.length : -1
  }

  #classEnd(start: number): number {
    const pattern = this.#pattern
    let p = start + 1
    if (pattern[start] === '%') {
      if (p >= pattern.length) this.#machine.raise("malformed pattern (ends with '%')")
      return p + 1
    }
    if (pattern[start] !== '[') return p
    if (pattern[p] === '^') p++
    do {
      if (p >= pattern.length) this.#machine.raise("malformed pattern (missing ']')")
      if (pattern[p++] === '%' && p < pattern.length) p++
    } while (pattern[p] !== ']')
    return p + 1
  }

  #single(code: number, p: number, end: number): boolean {
    switch (this.#pattern[p]) {
      case '.':
        return true
      case '%':
        return inClass(code, this.#pattern.charCodeAt(p + 1))
      case '[':
        return this.#inSet(code, p, end - 1)
      default:
        return this.#pattern.charCodeAt(p) === code
    }
  }

  /** Whether a set, from its bracket to the closing one, has a character. */
  #inSet(code: number, open: number, close: number): boolean {
    const pattern = this.#pattern
    let p = open + 1
    const negated = pattern[p] === '^'
    if (negated) p++
    for (; p < close; p++) {
      if (pattern[p] === '%') {
        p++
        if (inClass(code, pattern.charCodeAt(p))) return !negated
      } else if (pattern[p + 1] === '-' && p + 2 < close) {
        if (pattern.charCodeAt(p) <= code && code <= pattern.charCodeAt(p + 2)) return !negated
        p += 2
      } else if (pattern.charCodeAt(p) === code) return !negated
    }
    return negated
  }
}

const isUpper = (code: number): boolean => code >= 65 && code <= 90
const isLower = (code: number): boolean => code >= 97 && code <= 122
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isAlpha = (code: number): boolean => isUpper(code) || isLower(code)

const CLASSES: Readonly<Record<string, (code: number) => boolean>> = {
  a: isAlpha,
  c: (code) => code < 32 || code === 127,
  d: isDigit,
  l: isLower,
  p: (code) => code > 32 && code < 127 && !isAlpha(code) && !isDigit(code),
  s: (code) => code === 32 || (code >= 9 && code <= 13),
  u: isUpper,
  w: (code) => isAlpha(code) || isDigit(code),
  x: (code) => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
  z: (code) => code === 0,
}

function inClass(code: number, letter: number): boolean {
  const belongs = isAlpha(letter) ? CLASSES[String.fromCharCode(letter | 32)] : undefined
  if (belongs === undefined) return letter === code
  return isUpper(letter) ? !belongs(code) : belongs(code)
}

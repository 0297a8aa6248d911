import type { Machine } from '../machine.ts'
import type { LuaValue } from '../values.ts'

const MAX_CAPTURES = 32
const POSITION = -2
const OPEN = -1

/** Answered by a match that has used up its steps: it is to be gone on with. */
export const UNFINISHED = -2
/** Characters and items of the pattern that are looked at in one go: less than a millisecond. */
const STEPS = 50_000
/** Of them, what weighs as much as a round of a loop. */
const STEPS_PER_FUEL = 8

interface Capture {
  start: number
  /** Its length, or OPEN, or POSITION for `()`. */
  length: number
}

/** How to go on where a match goes no further. */
interface Way {
  /** With one fewer of what was taken, with one more, with none; with the capture no longer opened, or no longer closed. */
  readonly kind: 'fewer' | 'more' | 'none' | 'opened' | 'closed'
  /** The item of the pattern, to its end. */
  readonly p: number
  readonly end: number
  /** Where in the source the item begins, or is tried next. */
  at: number
  /** How many it has taken; of `closed`, which capture. */
  count: number
}

/**
 * Lua's patterns, matched as Lua matches them: by backtracking over single characters. A character is a byte, and classes are
 * those of the C locale. `%z` stands for the zero byte, which ends a pattern: Lua 5.1 reads it as C reads strings.
 *
 * Some patterns take longer than anyone waits. So the ways back are a stack of its own, which a match can be left with and
 * gone on with; how many steps a match has taken is what scripts use their fuel for.
 */
export class Matcher {
  readonly #machine: Machine
  readonly #source: string
  readonly #pattern: string
  captures: Capture[] = []
  #ways: Way[] = []
  #steps = STEPS
  // Where a match was left.
  #at = 0
  #p = 0
  /** How many characters of the item there have been found to fit it. */
  #scanned = 0

  constructor(machine: Machine, source: string, pattern: string) {
    this.#machine = machine
    this.#source = source
    const end = pattern.indexOf('\0')
    this.#pattern = end < 0 ? pattern : pattern.slice(0, end)
  }

  slice(start: number, end: number): string {
    return this.#source.slice(start, end)
  }

  /** Matches the pattern from `from` of it at `at`; the end of the match, or -1, or UNFINISHED. */
  match(at: number, from: number): number {
    this.#steps--
    if (this.captures.length > 0) this.captures = []
    if (this.#ways.length > 0) this.#ways = []
    return this.#go(at, from)
  }

  /** Goes on with a match that is UNFINISHED. */
  goOn(): number {
    this.#steps = STEPS
    return this.#go(this.#at, this.#p)
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

  /** Once nothing more is matched: the steps are used. */
  settle(): void {
    this.#machine.fuel -= ((STEPS - this.#steps) / STEPS_PER_FUEL) | 0
  }

  #go(start: number, from: number): number {
    let end = this.#advance(start, from)
    while (end === -1 && this.#wayBack()) end = this.#advance(this.#at, this.#p)
    return end
  }

  /** Takes up the newest way back; false: there is none. Where it goes on is in #at and #p. */
  #wayBack(): boolean {
    const ways = this.#ways
    while (ways.length > 0) {
      const way = ways[ways.length - 1] as Way // there is one
      this.#steps--
      switch (way.kind) {
        case 'fewer':
          way.count--
          if (way.count === this.#least(way.end)) ways.pop()
          return this.#goOnAt(way.at + way.count, way.end + 1)
        case 'more':
          if (way.at >= this.#source.length || !this.#single(this.#source.charCodeAt(way.at), way.p, way.end)) break
          way.at++
          return this.#goOnAt(way.at, way.end + 1)
        case 'none':
          ways.pop()
          return this.#goOnAt(way.at, way.end + 1)
        case 'opened':
          this.captures.pop()
          break
        case 'closed': {
          const capture = this.captures[way.count]
          if (capture !== undefined) capture.length = OPEN
        }
      }
      ways.pop()
    }
    return false
  }

  #goOnAt(at: number, p: number): true {
    this.#at = at
    this.#p = p
    return true
  }

  /** How many have to be there, by what stands behind an item. */
  #least(end: number): number {
    return this.#pattern[end] === '+' ? 1 : 0
  }

  /** Goes on until the pattern ends, what is there does not fit (-1), or the steps are used up. */
  #advance(start: number, from: number): number {
    let [at, p] = [start, from]
    const pattern = this.#pattern
    const source = this.#source
    for (;;) {
      if (this.#steps < 0) {
        this.#goOnAt(at, p)
        return UNFINISHED
      }
      if (p >= pattern.length) return at
      switch (pattern[p]) {
        case '(': {
          const isPosition = pattern[p + 1] === ')'
          if (this.captures.length >= MAX_CAPTURES) this.#machine.raise('too many captures')
          this.captures.push({ start: at, length: isPosition ? POSITION : OPEN })
          this.#ways.push({ kind: 'opened', p, end: p, at, count: 0 })
          this.#steps--
          p += isPosition ? 2 : 1
          continue
        }
        case ')': {
          const index = this.captures.findLastIndex(({ length }) => length === OPEN)
          const capture = this.captures[index]
          if (capture === undefined) return this.#machine.raise('invalid pattern capture')
          capture.length = at - capture.start
          this.#ways.push({ kind: 'closed', p, end: p, at, count: index })
          this.#steps--
          p++
          continue
        }
        case '$':
          if (p + 1 === pattern.length) return at === source.length ? at : -1
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
            this.#steps -= end - p
            const before = at === 0 ? 0 : source.charCodeAt(at - 1)
            const here = at < source.length ? source.charCodeAt(at) : 0
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
      this.#steps -= end - p
      switch (pattern[end]) {
        case '*':
        case '+': {
          const count = this.#scan(at, p, end)
          if (count === UNFINISHED) return UNFINISHED
          const least = this.#least(end)
          if (count < least) return -1
          if (count > least) this.#ways.push({ kind: 'fewer', p, end, at, count })
          at += count
          p = end + 1
          continue
        }
        case '-':
          this.#ways.push({ kind: 'more', p, end, at, count: 0 })
          p = end + 1
          continue
      }
      const fits = at < source.length && this.#single(source.charCodeAt(at), p, end)
      if (pattern[end] === '?') {
        if (fits) this.#ways.push({ kind: 'none', p, end, at: at++, count: 0 })
        p = end + 1
        continue
      }
      if (!fits) return -1
      at++
      p = end
    }
  }

  /** How many characters from `at` fit an item. */
  #scan(at: number, p: number, end: number): number {
    const source = this.#source
    const cost = end - p
    let count = this.#scanned
    this.#scanned = 0
    while (at + count < source.length && this.#single(source.charCodeAt(at + count), p, end)) {
      count++
      this.#steps -= cost
      if (this.#steps < 0) {
        this.#scanned = count
        this.#goOnAt(at, p)
        return UNFINISHED
      }
    }
    return count
  }

  #balance(start: number, p: number): number {
    const [opener, closer] = [this.#pattern[p], this.#pattern[p + 1]]
    if (opener === undefined || closer === undefined) this.#machine.raise('unbalanced pattern')
    if (this.#source[start] !== opener) return -1
    let [depth, at] = [1, start + 1]
    for (; depth > 0 && at < this.#source.length; at++) {
      if (this.#source[at] === closer) depth--
      else if (this.#source[at] === opener) depth++
    }
    this.#steps -= at - start
    return depth === 0 ? at : -1
  }

  #back(at: number, digit: string): number {
    const capture = this.captures[Number(digit) - 1]
    if (capture === undefined || capture.length === OPEN) return this.#machine.raise('invalid capture index')
    const text = this.#source.slice(capture.start, capture.start + capture.length)
    this.#steps -= 1 + (text.length >> 3)
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

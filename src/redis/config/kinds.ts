/** How values of directives are read, shown and written. */
import { resolve } from 'node:path'
import type { Dialect } from '../commands/command.ts'
import { quoted } from '../protocol/quoted.ts'

/** What a directive's value can't be: the reason that CONFIG SET gives. */
export class BadValue extends Error {
  override readonly name = 'BadValue'
}

/** A value as the node uses it. */
export type Value = number | boolean | string

/** What stands behind a directive's name in a configuration file. */
export interface WrittenValue {
  readonly text: string
  /** Whether it is written where the file has no such line yet. */
  readonly isNews: boolean
}

/** One sort of value. */
export interface Kind<V extends Value = Value> {
  /** @throws BadValue */
  read(words: readonly string[]): V
  /** As CONFIG GET shows it. */
  show(value: V): string
  /** As CONFIG REWRITE writes it, line by line; absent: in one, as it is shown, unless it is the preset. */
  write?(value: V, preset: V, engine: Dialect['engine']): readonly WrittenValue[]
  /** What it is once some of it was set; absent: what was set. */
  merge?(before: V, set: V): V
  /** Whether it is given in several words. */
  readonly many?: boolean
}

export const yesNo: Kind<boolean> = {
  read([word = '']) {
    if (/^yes$/i.test(word)) return true
    if (/^no$/i.test(word)) return false
    throw new BadValue("argument must be 'yes' or 'no'")
  },
  show: (value) => (value ? 'yes' : 'no'),
}

const between = (value: number, least: number, most: number): number => {
  if (value >= least && value <= most) return value
  throw new BadValue(`argument must be between ${least} and ${exact(most)} inclusive`)
}

const LARGEST = 2 ** 63

/** The most that a long long holds is no double. */
const exact = (most: number): string => (most === LARGEST ? '9223372036854775807' : String(most))

export const integer = (least: number, most: number = LARGEST): Kind<number> => ({
  read([word = '']) {
    if (!/^-?\d{1,19}$/.test(word)) throw new BadValue("argument couldn't be parsed into an integer")
    return between(Number(word), least, most)
  },
  show: String,
})

export const octal: Kind<number> = {
  read([word = '']) {
    if (!/^[0-7]{1,4}$/.test(word)) throw new BadValue("argument couldn't be parsed into an integer")
    return between(Number.parseInt(word, 8), 0, 0o777)
  },
  show: (value) => value.toString(8),
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
}

/** Bytes of `64mb`, `1k`; undefined: the word is none. */
export function memoryOf(word: string): number | undefined {
  const [, digits, unit = ''] = /^(-?\d{1,19})([a-z]*)$/i.exec(word) ?? []
  const factor = UNITS[unit.toLowerCase()]
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

const UNITS_WRITTEN = ['gb', 'mb', 'kb'] as const

/** Bytes in the largest unit that they are a whole number of. */
export function memoryText(bytes: number): string {
  const unit = bytes === 0 ? undefined : UNITS_WRITTEN.find((each) => bytes % (UNITS[each] ?? 1) === 0)
  return unit === undefined ? String(bytes) : `${bytes / (UNITS[unit] ?? 1)}${unit}`
}

export const memory = (least = 0, most: number = LARGEST): Kind<number> => ({
  read([word = '']) {
    const bytes = memoryOf(word)
    if (bytes === undefined || (bytes < 0 && least >= 0)) throw new BadValue('argument must be a memory value')
    return between(bytes, least, most)
  },
  show: String,
  write: (value, preset) => [{ text: memoryText(value), isNews: value !== preset }],
})

/** Bytes, or a share of maxmemory as a negative number of percent. */
export const memoryOrPercent: Kind<number> = {
  read([word = '']) {
    const [, percent] = /^(\d{1,18})%$/.exec(word) ?? []
    if (Number(percent) > 100) throw new BadValue('percentage argument must be less or equal to 100')
    if (percent !== undefined) return -Number(percent)
    const bytes = memoryOf(word)
    if (bytes === undefined || bytes < 0) throw new BadValue('argument must be a memory or percent value')
    return bytes
  },
  show: (value) => (value < 0 ? `${-value}%` : String(value)),
  write: (value, preset) => [{ text: value < 0 ? `${-value}%` : memoryText(value), isNews: value !== preset }],
}

export const choice = (...values: readonly string[]): Kind<string> => ({
  read([word = '']) {
    const found = values.find((value) => value === word.toLowerCase())
    if (found === undefined) throw new BadValue(`argument(s) must be one of the following: ${values.join(', ')}`)
    return found
  },
  show: (value) => value,
})

/** A path, shown in full. */
export const directory: Kind<string> = {
  read: ([word = '']) => resolve(word),
  show: (value) => resolve(value),
  write: (value) => [{ text: quoted(bytesIn(resolve(value))), isNews: true }],
}

/** One character a byte. */
const bytesIn = (value: string): string => Buffer.from(value).toString('latin1')

const writeText = (value: string, preset: string): WrittenValue => ({
  text: quoted(bytesIn(value)),
  isNews: value !== preset,
})

/** `''`: there is none, and a file has no such line. */
export const text: Kind<string> = {
  read: ([word = '']) => word,
  show: (value) => value,
  write: (value, preset) => (value === '' ? [] : [writeText(value, preset)]),
}

/** One that may be empty. */
export const emptyText: Kind<string> = { ...text, write: (value, preset) => [writeText(value, preset)] }

/** Several words, as they are. */
export const words: Kind<string> = { many: true, read: (given) => given.join(' '), show: (value) => value }

/** The same of those that a file has no line for where they are as they always are. */
export const ownWords: Kind<string> = {
  ...words,
  write: (value, preset) => (value === preset ? [] : [{ text: value || '""', isNews: true }]),
}

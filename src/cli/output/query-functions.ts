/** Functions of the query language that the library has otherwise than Python, which is what aws-cli's answers come of. */
import { isDeepStrictEqual } from 'node:util'
import type * as Library from '@jmespath-community/jmespath'
import type { JSONArray, JSONValue } from '@jmespath-community/jmespath'
import { plainNumbers, wholeAgain } from './plain-numbers.ts'
import { Float, floatText, pythonRepr, pythonText, pythonType } from './python-text.ts'

/** Names that no expression can contain: they hold a space. */
export const PLAIN = 'plain numbers'
export const WHOLE = 'whole again'

/** Signs of order, by what they say of the comparison. */
export const ORDERS = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
}

type Key = string | number | Float

/** Registering is the library's one way to say them, and for the whole process; doing it twice does no harm. */
export function pythonFunctions({ registerFunction, TreeInterpreter, TYPE_ANY, TYPE_EXPREF }: typeof Library): void {
  const define = (name: string, body: (...values: JSONValue[]) => unknown, count = 1) =>
    registerFunction(
      name,
      (values) => body(...(values as JSONValue[])) as JSONValue, // TYPE_ANY: no expressions among them
      Array.from({ length: count }, () => ({ types: [TYPE_ANY] })),
      { override: true },
    )
  const defineKeyed = (name: string, body: (list: JSONArray, keys: Key[]) => unknown) =>
    registerFunction(
      name,
      ([list, key]) => {
        const items = listOf(name, list)
        // TYPE_EXPREF: the second is an expression.
        const keys = items.map((item) =>
          TreeInterpreter.visit(key as Parameters<typeof TreeInterpreter.visit>[0], item),
        )
        return body(items, orderedBy(name, items, keys)) as JSONValue // items, or one
      },
      [{ types: [TYPE_ANY] }, { types: [TYPE_EXPREF] }],
      { override: true },
    )

  define(PLAIN, plainNumbers)
  define(WHOLE, wholeAgain)
  for (const [sign, holds] of Object.entries(ORDERS)) {
    define(sign, (left, right) => compared(sign, left, right, holds), 2)
  }
  define('sort', (list) => comparable('sort', listOf('sort', list)).toSorted(ascending))
  define('max', (list) => firstBy(comparable('max', listOf('max', list)), -1))
  define('min', (list) => firstBy(comparable('min', listOf('min', list)), 1))
  defineKeyed('max_by', (list, keys) => list[placeOfFirst(keys, -1)] ?? null)
  defineKeyed('min_by', (list, keys) => list[placeOfFirst(keys, 1)] ?? null)
  defineKeyed('sort_by', (list, keys) => {
    // There are as many keys as items.
    const places = [...list.keys()].toSorted((a, b) => ascending(keys[a] as Key, keys[b] as Key))
    return places.map((at) => list[at])
  })
  define('sum', (list) => {
    const numbers = ofKind('sum', 'number', listOf('sum', list))
    const total = numbers.reduce<number>((sum, number) => sum + Number(number), 0)
    return numbers.some(isFloat) ? new Float(total) : total
  })
  define('avg', (list) => {
    const numbers = ofKind('avg', 'number', listOf('avg', list))
    const total = numbers.reduce<number>((sum, number) => sum + Number(number), 0)
    return numbers.length === 0 ? null : new Float(total / numbers.length)
  })
  define('abs', (given) => {
    const number = taken('abs', given, ['number'])
    return isFloat(number) ? new Float(Math.abs(number.value)) : Math.abs(Number(number))
  })
  define('to_number', (given) => (kindOf(given) === 'number' ? given : typeof given === 'string' ? read(given) : null))
  define('to_string', (given) => (typeof given === 'string' ? given : compactJson(given)))
  define('contains', contains, 2)
  define('length', (given) => {
    if (typeof given === 'string') return [...given].length
    return Object.keys(taken('length', given, ['string', 'array', 'object'])).length
  })
  define(
    'join',
    (glue, list) => {
      const between = textOf('join', glue)
      return ofKind('join', 'string', listOf('join', list)).join(between)
    },
    2,
  )
  define('starts_with', (text, start) => textOf('starts_with', text).startsWith(textOf('starts_with', start)), 2)
  define('ends_with', (text, end) => textOf('ends_with', text).endsWith(textOf('ends_with', end)), 2)
  define('keys', (given) => Object.keys(taken('keys', given, ['object'])))
  define('values', (given) => Object.values(taken('values', given, ['object'])))
  define('reverse', (given) => {
    const list = taken('reverse', given, ['array', 'string'])
    return Array.isArray(list) ? list.toReversed() : [...String(list)].toReversed().join('')
  })
  // Adding 0 makes -0 what Python's whole numbers know.
  define('ceil', (given) => Math.ceil(Number(taken('ceil', given, ['number']))) + 0)
  define('floor', (given) => Math.floor(Number(taken('floor', given, ['number']))) + 0)
}

const isFloat = (value: unknown): value is Float => value instanceof Float

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (isFloat(value) || typeof value === 'bigint') return 'number'
  return Array.isArray(value) ? 'array' : typeof value
}

/** As Python's jmespath says it. */
function refusal(name: string, value: unknown, expected: readonly string[], received = kindOf(value)): Error {
  const what = `invalid type for value: ${pythonText(value)}, expected one of: ${pythonRepr(expected)}`
  return new Error(`In function ${name}(), ${what}, received: "${received}"`)
}

/** The value, when it is of one of the kinds. */
function taken(name: string, value: JSONValue, kinds: readonly string[]): NonNullable<JSONValue> {
  if (value === null || !kinds.includes(kindOf(value))) throw refusal(name, value, kinds)
  return value
}

const textOf = (name: string, value: JSONValue): string => String(taken(name, value, ['string']))

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  sort: ['array-string', 'array-number'],
  max: ['array-number', 'array-string'],
  min: ['array-number', 'array-string'],
  sum: ['array-number'],
  avg: ['array-number'],
  join: ['array-string'],
}

function listOf(name: string, value: unknown): JSONArray {
  if (Array.isArray(value)) return value
  throw refusal(name, value, EXPECTED[name] ?? ['array'])
}

/** All texts or all numbers: others have no order. */
function comparable(name: string, list: JSONArray): Key[] {
  const kind = kindOf(list[0]) === 'number' ? 'number' : 'string'
  return ofKind(name, kind, list) as Key[] // or it is refused
}

function ofKind(name: string, kind: 'number' | 'string', list: JSONArray): JSONArray {
  const stranger = list.find((item) => kindOf(item) !== kind)
  if (stranger === undefined) return list
  // Of what is in a list Python's own name for the type is told.
  throw refusal(name, stranger, EXPECTED[name] ?? [], pythonType(stranger))
}

/** What `sort_by` and its kin order by. */
function orderedBy(name: string, list: JSONArray, keys: readonly unknown[]): Key[] {
  const [first] = keys
  const kinds = ['string', 'number']
  if (list.length > 0 && name === 'sort_by' && !kinds.includes(kindOf(first))) {
    throw refusal(name, list[0], kinds, kindOf(first))
  }
  const allowed = name === 'sort_by' ? [kindOf(first)] : ['number', 'string']
  const stranger = keys.find((key) => !allowed.includes(kindOf(key)))
  if (stranger !== undefined) throw refusal(name, stranger, allowed)
  return keys as Key[] // or refused above
}

/** Texts by their characters' numbers, as Python orders them; a language's own order would be another one. */
const ascending = (a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0)

/** Of equals the first; -1 for an empty list. */
function placeOfFirst(keys: readonly Key[], direction: 1 | -1): number {
  let best = keys.length === 0 ? -1 : 0
  for (const [at, key] of keys.entries()) if (direction * ascending(key, keys[best] ?? key) < 0) best = at
  return best
}

const firstBy = (keys: readonly Key[], direction: 1 | -1): Key | null => keys[placeOfFirst(keys, direction)] ?? null

/** null for what has no order: only numbers and texts have. */
function compared(sign: string, left: unknown, right: unknown, holds: (order: number) => boolean): boolean | null {
  const hasOrder = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'
  if (!hasOrder(left) || !hasOrder(right)) return null
  if (typeof left === typeof right) return holds(ascending(left, right))
  const types = [left, right].map((value) => (typeof value === 'string' ? "'str'" : "'int'")).join(' and ')
  throw new Error(`'${sign}' not supported between instances of ${types}`)
}

/** Python's int(), else its float(), else nothing. */
function read(text: string): number | Float | null {
  const digits = text.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?\d+$/.test(digits)) return Number(digits)
  const isFloatText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)
  return isFloatText ? new Float(Number(digits)) : null
}

/** `json.dumps(separators=(',', ':'))`: what is not ASCII is escaped. */
function compactJson(value: unknown): string {
  if (isFloat(value)) return floatText(value.value)
  if (Array.isArray(value)) return `[${value.map(compactJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([name, item]) => `${asciiText(name)}:${compactJson(item)}`)}}`
  }
  return typeof value === 'string' ? asciiText(value) : String(value ?? null)
}

const asciiText = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

function contains(subject: unknown, item: unknown): boolean {
  if (Array.isArray(subject)) {
    const wanted = plainNumbers(item)
    return subject.some((candidate) => isDeepStrictEqual(plainNumbers(candidate), wanted))
  }
  if (typeof subject !== 'string') throw refusal('contains', subject, ['array', 'string'])
  return typeof item === 'string' && subject.includes(item)
}

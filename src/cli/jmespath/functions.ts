import { Float, floatText } from '../output/python-text.ts'
import { JmespathError } from './errors.ts'
import {
  compare,
  type ExpressionReference,
  equals,
  isComparable,
  isList,
  isNumber,
  isStructure,
  type Numeric,
  numberOf,
  pythonTypeOf,
  type Search,
  type Structure,
  typeError,
  typeOf,
} from './values.ts'

/** `array-string`: an array of strings alone. No types: anything goes. */
type Parameter = readonly string[]

interface Row {
  readonly takes: readonly Parameter[]
  /** The last parameter may be given again and again. */
  readonly variadic?: true
  // The parameters have been checked against `takes` before it is called.
  // biome-ignore lint/suspicious/noExplicitAny: each row names the types it has had checked
  readonly call: (...args: any[]) => unknown
}

type Sortable = Numeric | string

const ANY: Parameter = []
const NUMBERS = ['array-number']
const SORTABLE = ['array-number', 'array-string']

const rows: Readonly<Record<string, Row>> = {
  abs: { takes: [['number']], call: (value: Numeric) => mapNumber(value, Math.abs) },
  avg: {
    takes: [NUMBERS],
    call: (items: Numeric[]) => (items.length === 0 ? null : new Float(numberOf(sum(items)) / items.length)),
  },
  ceil: { takes: [['number']], call: (value: Numeric) => whole(Math.ceil(numberOf(value))) },
  contains: { takes: [['array', 'string'], ANY], call: contains },
  ends_with: { takes: [['string'], ['string']], call: (text: string, end: string) => text.endsWith(end) },
  floor: { takes: [['number']], call: (value: Numeric) => whole(Math.floor(numberOf(value))) },
  join: { takes: [['string'], ['array-string']], call: (glue: string, items: string[]) => items.join(glue) },
  keys: { takes: [['object']], call: (value: Structure) => Object.keys(value) },
  length: { takes: [['string', 'array', 'object']], call: lengthOf },
  map: {
    takes: [['expref'], ['array']],
    call: ({ search }: ExpressionReference, items: unknown[]) => items.map(search),
  },
  max: { takes: [SORTABLE], call: (items: Sortable[]) => extreme(items, (item) => item, 1) },
  max_by: { takes: [['array'], ['expref']], call: (items, { search }) => extreme(items, keyOf('max_by', search), 1) },
  merge: { takes: [['object']], variadic: true, call: (...all: Structure[]) => Object.assign({}, ...all) },
  min: { takes: [SORTABLE], call: (items: Sortable[]) => extreme(items, (item) => item, -1) },
  min_by: { takes: [['array'], ['expref']], call: (items, { search }) => extreme(items, keyOf('min_by', search), -1) },
  not_null: {
    takes: [ANY],
    variadic: true,
    call: (...all: unknown[]) => all.find((value) => value !== null && value !== undefined) ?? null,
  },
  reverse: {
    takes: [['array', 'string']],
    call: (value: unknown[] | string) => (isList(value) ? [...value].reverse() : [...value].reverse().join('')),
  },
  sort: {
    takes: [['array-string', 'array-number']],
    call: (items: Sortable[]) => [...items].sort((a, b) => compare(a, b, '<')),
  },
  sort_by: { takes: [['array'], ['expref']], call: sortBy },
  starts_with: { takes: [['string'], ['string']], call: (text: string, start: string) => text.startsWith(start) },
  sum: { takes: [NUMBERS], call: sum },
  to_array: { takes: [ANY], call: (value: unknown) => (isList(value) ? value : [value]) },
  to_number: { takes: [ANY], call: toNumber },
  to_string: { takes: [ANY], call: (value: unknown) => (typeof value === 'string' ? value : compactJson(value)) },
  type: { takes: [ANY], call: typeOf },
  values: { takes: [['object']], call: (value: Structure) => Object.values(value) },
}

/** Checks the arguments' number and types, then calls. Throws {@link JmespathError}. */
export function callFunction(name: string, args: readonly unknown[]): unknown {
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined
  if (!row) throw new JmespathError(`Unknown function: ${name}()`)
  const { takes, variadic, call } = row
  if (variadic ? args.length < takes.length : args.length !== takes.length) {
    const count = `${takes.length} argument${takes.length === 1 ? '' : 's'}`
    const expected = `${variadic ? 'at least ' : ''}${count} for function ${name}()`
    throw new JmespathError(`Expected ${expected}, received ${args.length}`)
  }
  args.forEach((value, index) => {
    const types = takes[Math.min(index, takes.length - 1)] as Parameter
    if (types.length > 0) checkType(name, value, types)
  })
  return call(...args)
}

function checkType(name: string, value: unknown, types: Parameter): void {
  const received = typeOf(value)
  if (!types.some((type) => type.split('-')[0] === received)) throw typeError(name, value, types, received)
  const elements = types.flatMap((type) => type.split('-')[1] ?? [])
  if (elements.length === 0 || !isList(value) || value.length === 0) return
  // Of several element types the first element chooses; a mixture is refused.
  const wanted = elements.length === 1 ? elements[0] : elements.find((type) => type === typeOf(value[0]))
  const stranger = value.find((item) => typeOf(item) !== wanted)
  if (stranger !== undefined || value.includes(undefined))
    throw typeError(name, stranger, types, pythonTypeOf(stranger))
}

const mapNumber = (value: Numeric, change: (value: number) => number): Numeric =>
  value instanceof Float ? new Float(change(value.value)) : change(Number(value))

function whole(value: number): number {
  if (Number.isFinite(value)) return value
  throw new JmespathError(`cannot convert float ${Number.isNaN(value) ? 'NaN' : 'infinity'} to integer`)
}

function sum(items: readonly Numeric[]): Numeric {
  const total = items.reduce<number>((so, item) => so + numberOf(item), 0)
  return items.some((item) => item instanceof Float) ? new Float(total) : total
}

function contains(subject: readonly unknown[] | string, search: unknown): boolean {
  if (isList(subject)) return subject.some((item) => equals(item, search))
  if (typeof search === 'string') return subject.includes(search)
  throw new JmespathError(`'in <string>' requires string as left operand, not ${pythonTypeOf(search)}`)
}

/** Of a text its characters, not JavaScript's halves of them. */
function lengthOf(value: string | readonly unknown[] | Structure): number {
  if (typeof value === 'string') return [...value].length
  return isList(value) ? value.length : Object.keys(value).length
}

function extreme<T>(items: readonly T[], key: (item: T) => Sortable, sign: 1 | -1): T | null {
  if (items.length === 0) return null
  let best = items[0] as T
  let bestKey = key(best)
  for (const item of items) {
    const itemKey = key(item)
    if (compare(itemKey, bestKey, sign === 1 ? '>' : '<') * sign > 0) [best, bestKey] = [item, itemKey]
  }
  return best
}

const keyOf =
  (name: string, search: Search, types: readonly string[] = ['number', 'string']) =>
  (item: unknown): Sortable => {
    const key = search(item)
    if (isComparable(key) && types.includes(typeOf(key))) return key
    throw typeError(name, key, types, typeOf(key))
  }

function sortBy(items: readonly unknown[], { search }: ExpressionReference): readonly unknown[] {
  if (items.length === 0) return items
  const type = typeOf(search(items[0]))
  if (type !== 'number' && type !== 'string') throw typeError('sort_by', items[0], ['string', 'number'], type)
  const key = keyOf('sort_by', search, [type])
  return items
    .map((item) => ({ item, key: key(item) }))
    .sort((a, b) => compare(a.key, b.key, '<'))
    .map(({ item }) => item)
}

function toNumber(value: unknown): Numeric | null {
  if (isNumber(value)) return value
  if (typeof value !== 'string') return null
  // Python takes underscores between digits, and names for what is no number or has no end.
  const text = value.trim().replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return new Float(Number(text))
  if (/^[+-]?nan$/i.test(text)) return new Float(Number.NaN)
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text) ?? []
  return sign === undefined ? null : new Float(sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
}

/** `json.dumps(separators=(',', ':'))`: no spaces, and nothing beyond ASCII. */
function compactJson(value: unknown): string {
  if (value instanceof Float) return floatText(value.value)
  if (typeof value === 'bigint') return String(value)
  if (isList(value)) return `[${value.map(compactJson).join(',')}]`
  if (isStructure(value)) {
    const pairs = Object.entries(value).map(([name, item]) => `${compactJson(name)}:${compactJson(item)}`)
    return `{${pairs.join(',')}}`
  }
  return JSON.stringify(value ?? null).replace(/[\u007f-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** JMESPath's types on our values, with Python's notion of equality: 1 equals 1.0. */
import { Float, pythonText } from '../output/python-text.ts'
import { JmespathError } from './errors.ts'

export type Structure = Readonly<Record<string, unknown>>
export type Search = (value: unknown) => unknown

/** `&expression`: not evaluated, but handed to the function that is called. */
export class ExpressionReference {
  readonly search: Search

  constructor(search: Search) {
    this.search = search
  }
}

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

export const isStructure = (value: unknown): value is Structure =>
  typeof value === 'object' &&
  value !== null &&
  !isList(value) &&
  !(value instanceof Float) &&
  !(value instanceof ExpressionReference)

/** Whole numbers beyond JavaScript's are bigints: literals may hold them. */
export type Numeric = number | bigint | Float

export const isNumber = (value: unknown): value is Numeric =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Float

export const numberOf = (value: Numeric): number => Number(value)

export type TypeName = 'string' | 'number' | 'boolean' | 'array' | 'object' | 'null' | 'expref'

export function typeOf(value: unknown): TypeName {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (isNumber(value)) return 'number'
  if (value instanceof ExpressionReference) return 'expref'
  return isList(value) ? 'array' : 'object'
}

/** What Python calls the type: some messages say it. */
export function pythonTypeOf(value: unknown): string {
  if (value instanceof Float) return 'float'
  const names = {
    string: 'str',
    number: 'int',
    boolean: 'bool',
    array: 'list',
    object: 'dict',
    null: 'NoneType',
  } as const
  const type = typeOf(value)
  return type === 'expref' ? '_Expression' : names[type]
}

export function isFalse(value: unknown): boolean {
  if (value === '' || value === null || value === undefined || value === false) return true
  return (isList(value) && value.length === 0) || (isStructure(value) && Object.keys(value).length === 0)
}

export function equals(left: unknown, right: unknown): boolean {
  if (isNumber(left) && isNumber(right)) return numberOf(left) === numberOf(right)
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => equals(item, right[index]))
  }
  if (isStructure(left) && isStructure(right)) {
    const names = Object.keys(left)
    return (
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && equals(left[name], right[name]))
    )
  }
  return (left ?? null) === (right ?? null)
}

type Comparable = Numeric | string

/** < 0, 0, > 0; numbers among each other, strings by code point. */
export function compare(left: Comparable, right: Comparable, sign: string): number {
  if (isNumber(left) && isNumber(right)) return numberOf(left) - numberOf(right)
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0
  const types = `'${pythonTypeOf(left)}' and '${pythonTypeOf(right)}'`
  throw new JmespathError(`'${sign}' not supported between instances of ${types}`)
}

export const isComparable = (value: unknown): value is Comparable => isNumber(value) || typeof value === 'string'

export const typeError = (name: string, value: unknown, expected: readonly string[], received: string): JmespathError =>
  new JmespathError(
    `In function ${name}(), invalid type for value: ${pythonText(value)}, expected one of: ${pythonText(expected)}, received: "${received}"`,
  )

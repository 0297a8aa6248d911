import type { JSONArray, JSONValue, TreeInterpreter } from '@jmespath-community/jmespath'
import { Problem, usageProblem } from '../problem.ts'
import { Float } from './python-text.ts'

export type Pick = (answer: unknown) => unknown

/** Parts of an expression that look at values; all others only pass them on. */
const LOOKS_AT_VALUES = /"type":"(?:Comparator|Function|FilterProjection|AndExpression|OrExpression|NotExpression)"/

/**
 * `--query`: what is printed of an answer. Compiled before the call is made, so that a typo costs nothing. The language
 * is loaded only when there is an expression.
 */
export async function compileQuery(expression: string | undefined): Promise<Pick> {
  if (expression === undefined) return (answer) => answer
  if (expression === '') throw usageProblem('Bad value for --query : Invalid JMESPath expression: cannot be empty.')
  const { compile, TreeInterpreter } = await language()
  const compiled = explained(
    // `word` for "word": old, and in aws-cli's examples.
    () => withOrder(compile(expression, { enable_legacy_literals: true })),
    (reason) => usageProblem(`Bad value for --query ${expression}: ${reason}`),
  )
  const prepare = LOOKS_AT_VALUES.test(JSON.stringify(compiled)) ? withPlainNumbers : asItIs
  return (answer) => {
    const { given, restored } = prepare(answer)
    return explained(
      () => restored(TreeInterpreter.search(compiled, given as JSONValue)),
      (reason) => new Problem('general', reason),
    )
  }
}

/** The library, with three functions that it has otherwise: sort puts 10 before 9, min_by and max_by find nothing by text. */
async function language() {
  const library = await import('@jmespath-community/jmespath')
  const { registerFunction, TreeInterpreter, TYPE_ANY, TYPE_ARRAY, TYPE_ARRAY_NUMBER, TYPE_ARRAY_STRING, TYPE_EXPREF } =
    library
  const override = { override: true }
  const keyed = [{ types: [TYPE_ARRAY] }, { types: [TYPE_EXPREF] }]
  const extreme = (name: string, sign: 1 | -1) =>
    registerFunction(
      name,
      ([list, key]) => {
        const keyOf = (item: JSONValue) => comparable(name, TreeInterpreter.visit(key as Expression, item))
        return firstBy(list as JSONArray, keyOf, sign)
      },
      keyed,
      override,
    )
  extreme('min_by', 1)
  extreme('max_by', -1)
  const lists = [{ types: [TYPE_ARRAY_NUMBER, TYPE_ARRAY_STRING] }]
  registerFunction('sort', ([list]) => [...(list as Key[])].sort(ascending), lists, override)
  for (const [name, holds] of Object.entries(ORDERS)) {
    const sides = [{ types: [TYPE_ANY] }, { types: [TYPE_ANY] }]
    registerFunction(name, ([left, right]) => compared(name, left, right, holds), sides, override)
  }
  return library
}

/** Signs of order, as functions whose names nobody can write. */
const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

const SIGNS: Readonly<Record<string, string>> = { LT: '<', LTE: '<=', GT: '>', GTE: '>=' }

/** The library orders numbers alone; aws-cli texts as well, and so finds what is younger than a date. */
function withOrder<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node
  const inner = changed(node, withOrder) as Readonly<Record<string, unknown>>
  const sign = inner.type === 'Comparator' ? SIGNS[String(inner.name)] : undefined
  const call = { type: 'Function', name: sign, children: [inner.left, inner.right] }
  return (sign === undefined ? inner : call) as T // the same expression in other nodes of the library's
}

/** null for what has no order: only numbers and texts have. */
function compared(sign: string, left: unknown, right: unknown, holds: (order: number) => boolean): boolean | null {
  const hasOrder = (value: unknown): value is Key => typeof value === 'string' || typeof value === 'number'
  if (!hasOrder(left) || !hasOrder(right)) return null
  if (typeof left === typeof right) return holds(ascending(left, right))
  const types = [left, right].map((value) => (typeof value === 'string' ? "'str'" : "'int'")).join(' and ')
  throw new Error(`'${sign}' not supported between instances of ${types}`)
}

type Key = string | number
type Expression = Parameters<typeof TreeInterpreter.visit>[0]

const ascending = (a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0)

function comparable(name: string, key: unknown): Key {
  if (typeof key === 'string' || typeof key === 'number') return key
  throw new Error(`${name}() needs numbers or strings to compare, not ${JSON.stringify(key)}`)
}

/** The first of those that no other comes before; null in an empty list. */
function firstBy(list: JSONArray, keyOf: (item: JSONValue) => Key, sign: 1 | -1): JSONValue {
  const keys = list.map(keyOf)
  let best = 0
  for (const [at, key] of keys.entries()) if (sign * ascending(key, keys[best] ?? key) < 0) best = at
  return list[best] ?? null
}

interface Prepared {
  readonly given: unknown
  restored(result: unknown): unknown
}

const asItIs = (answer: unknown): Prepared => ({ given: answer, restored: (result) => result })

/** The language knows no {@link Float}. What comes back whole is the answer's own again; a number alone has lost its kind. */
function withPlainNumbers(answer: unknown): Prepared {
  const originals = new Map<unknown, unknown>()
  const plain = (value: unknown): unknown => {
    if (value instanceof Float) return value.value
    if (typeof value !== 'object' || value === null) return value
    const copy = changed(value, plain)
    originals.set(copy, value)
    return copy
  }
  const restored = (result: unknown): unknown => {
    if (typeof result !== 'object' || result === null) return result
    return originals.get(result) ?? changed(result, restored)
  }
  return { given: plain(answer), restored }
}

const changed = (value: object, change: (member: unknown) => unknown): object =>
  Array.isArray(value)
    ? value.map(change)
    : Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]))

function explained<T>(attempt: () => T, problem: (reason: string) => Problem): T {
  try {
    return attempt()
  } catch (error) {
    throw problem(error instanceof Error ? error.message : String(error))
  }
}

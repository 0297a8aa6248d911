/** Condition operators of IAM policies ("IAM JSON policy elements: Condition operators"). Pure. */
import { BlockList, isIP } from 'node:net'
import { fillIn, matchesPattern, type RequestContext } from './patterns.ts'
import type { Condition } from './policy.ts'

/** Whether one value of the request fits one value of the policy. */
type Compare = (actual: string, wanted: string, context: RequestContext) => boolean

interface Operator {
  readonly compare: Compare
  /** Holds when none of the policy's values fits, and when the request has no such key. */
  readonly negated: boolean
}

const text =
  (compare: (actual: string, wanted: string) => boolean): Compare =>
  (actual, wanted, context) => {
    const filled = fillIn(wanted, context)
    return filled !== undefined && compare(actual, filled)
  }

const ordered =
  (read: (value: string) => number, compare: (actual: number, wanted: number) => boolean): Compare =>
  (actual, wanted) => {
    const [left, right] = [read(actual), read(wanted)]
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right)
  }

const equals = text((actual, wanted) => actual === wanted)
const equalsIgnoreCase = text((actual, wanted) => actual.toLowerCase() === wanted.toLowerCase())
const like: Compare = (actual, wanted, context) => matchesPattern(wanted, actual, context)

/** Each of the six parts of an ARN for itself; the last may hold colons. */
const arnLike: Compare = (actual, wanted, context) => {
  const [left, right] = [partsOfArn(actual), partsOfArn(wanted)]
  return left.length === right.length && right.every((part, index) => matchesPattern(part, left[index] ?? '', context))
}

function partsOfArn(arn: string): string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

const numberOf = (value: string): number => (value.trim() === '' ? Number.NaN : Number(value))
const dateOf = (value: string): number => (/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value))

const inNetwork: Compare = (actual, wanted) => {
  const [network = '', prefix] = wanted.split('/')
  const version = isIP(network)
  if (version === 0 || isIP(actual) !== version) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix), family)
  return list.check(actual, family)
}

const holds = (compare: Compare): Operator => ({ compare, negated: false })
const holdsNot = (compare: Compare): Operator => ({ compare, negated: true })

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: holds(equals),
  StringNotEquals: holdsNot(equals),
  StringEqualsIgnoreCase: holds(equalsIgnoreCase),
  StringNotEqualsIgnoreCase: holdsNot(equalsIgnoreCase),
  StringLike: holds(like),
  StringNotLike: holdsNot(like),
  Bool: holds(text((actual, wanted) => actual.toLowerCase() === wanted.toLowerCase())),
  NumericEquals: holds(ordered(numberOf, (a, b) => a === b)),
  NumericNotEquals: holdsNot(ordered(numberOf, (a, b) => a === b)),
  NumericLessThan: holds(ordered(numberOf, (a, b) => a < b)),
  NumericLessThanEquals: holds(ordered(numberOf, (a, b) => a <= b)),
  NumericGreaterThan: holds(ordered(numberOf, (a, b) => a > b)),
  NumericGreaterThanEquals: holds(ordered(numberOf, (a, b) => a >= b)),
  DateEquals: holds(ordered(dateOf, (a, b) => a === b)),
  DateNotEquals: holdsNot(ordered(dateOf, (a, b) => a === b)),
  DateLessThan: holds(ordered(dateOf, (a, b) => a < b)),
  DateLessThanEquals: holds(ordered(dateOf, (a, b) => a <= b)),
  DateGreaterThan: holds(ordered(dateOf, (a, b) => a > b)),
  DateGreaterThanEquals: holds(ordered(dateOf, (a, b) => a >= b)),
  IpAddress: holds(inNetwork),
  NotIpAddress: holdsNot(inNetwork),
  ArnEquals: holds(arnLike),
  ArnLike: holds(arnLike),
  ArnNotEquals: holdsNot(arnLike),
  ArnNotLike: holdsNot(arnLike),
}

interface ReadOperator {
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly name: string
  readonly ifExists: boolean
}

/** `ForAllValues:StringEqualsIfExists` taken apart; undefined when there is no such operator. */
export function readOperator(operator: string): ReadOperator | undefined {
  const [, quantifier, name = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  const isKnown = name === 'Null' ? suffix === undefined && quantifier === undefined : Object.hasOwn(OPERATORS, name)
  if (!isKnown) return undefined
  return { quantifier: quantifier as ReadOperator['quantifier'], name, ifExists: suffix !== undefined } // as in the pattern
}

/** Every operator and every key of the block must hold; of a key's values one is enough. */
export function conditionHolds(condition: Condition, context: RequestContext): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => testHolds(operator, context.get(key.toLowerCase()), wanted, context)),
  )
}

function testHolds(
  operator: string,
  actual: readonly string[] | undefined,
  wanted: readonly string[],
  context: RequestContext,
): boolean {
  const read = readOperator(operator)
  if (!read) throw new Error(`unknown condition operator ${operator}`)
  const isAbsent = actual === undefined || actual.length === 0
  if (read.name === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === isAbsent)
  const { compare, negated } = OPERATORS[read.name] as Operator // readOperator found it there
  if (isAbsent) {
    // An empty set has no value that does not fit, and none that does.
    if (read.quantifier === 'ForAllValues') return true
    if (read.quantifier === 'ForAnyValue') return read.ifExists
    return read.ifExists || negated
  }
  const fits = (value: string) => wanted.some((each) => compare(value, each, context)) !== negated
  const every = read.quantifier === 'ForAllValues' || (read.quantifier === undefined && negated)
  return every ? actual.every(fits) : actual.some(fits)
}

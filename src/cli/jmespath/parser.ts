/**
 * JMESPath (jmespath.org/specification.html) as Python's library reads it, which aws-cli's `--query` is: the same
 * grammar by operator precedence, the same messages, and numbers that remember whether they were written with a point.
 */
import { incomplete, JmespathError, unexpected } from './errors.ts'
import { callFunction } from './functions.ts'
import { type Token, type TokenType, tokenize } from './lexer.ts'
import {
  compare,
  ExpressionReference,
  equals,
  isComparable,
  isFalse,
  isList,
  isNumber,
  isStructure,
  numberOf,
  type Search,
} from './values.ts'

/** How strongly a token binds what stands left of it. */
const BINDING: Readonly<Partial<Record<TokenType, number>>> = {
  pipe: 1,
  or: 2,
  and: 3,
  eq: 5,
  gt: 5,
  lt: 5,
  gte: 5,
  lte: 5,
  ne: 5,
  flatten: 9,
  star: 20,
  filter: 21,
  dot: 40,
  not: 45,
  lbrace: 50,
  lbracket: 55,
  lparen: 60,
}

/** What binds less ends a projection. */
const PROJECTION_STOP = 10

const bindingOf = (type: TokenType): number => BINDING[type] ?? 0

interface Node {
  readonly search: Search
  /** Of a bare name: it may turn out to be a function's. */
  readonly field?: string
}

/** Reads an expression once, to be applied to many values. Both throw {@link JmespathError}. */
export function compile(expression: string): Search {
  return new Parser(expression).whole()
}

const identity: Search = (value) => value

class Parser {
  readonly #expression: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(expression: string) {
    this.#expression = expression
    this.#tokens = tokenize(expression)
  }

  whole(): Search {
    const { search } = this.#read(0)
    const rest = this.#token()
    if (rest.type !== 'eof') throw unexpected(this.#expression, rest, `Unexpected token: ${rest.text}`)
    return (value) => {
      const found = search(value) ?? null
      if (holdsReference(found)) throw new JmespathError('Encountered unrecognized type in JSON encoder.')
      return found
    }
  }

  #read(strength: number): Node {
    let left = this.#prefix(this.#take())
    while (strength < bindingOf(this.#token().type)) left = this.#infix(left, this.#take())
    return left
  }

  #prefix(token: Token): Node {
    switch (token.type) {
      case 'literal':
        return { search: () => token.value }
      case 'unquoted_identifier':
        return { search: fieldOf(token.text), field: token.text }
      case 'quoted_identifier':
        if (this.#next('lparen')) {
          const reason = 'Quoted identifier not allowed for function names.'
          throw unexpected(this.#expression, { ...this.#token(), start: 0 }, reason)
        }
        return { search: fieldOf(token.text) }
      case 'star':
        return { search: valueProjection(identity, this.#next('rbracket') ? identity : this.#projected('star')) }
      case 'filter':
        return this.#filter(identity)
      case 'lbrace':
        return this.#multiSelectHash()
      case 'lparen': {
        const inner = this.#read(0)
        this.#expect('rparen')
        return { search: inner.search }
      }
      case 'flatten':
        return { search: projection(flattened(identity), this.#projected('flatten')) }
      case 'not':
        return { search: not(this.#read(bindingOf('not')).search) }
      case 'lbracket':
        return this.#openingBracket()
      case 'current':
        return { search: identity }
      case 'expref': {
        const reference = new ExpressionReference(this.#read(bindingOf('expref')).search)
        return { search: () => reference }
      }
      case 'eof':
        throw incomplete(this.#expression)
      default:
        throw unexpected(this.#expression, token, 'invalid token')
    }
  }

  #infix(left: Node, token: Token): Node {
    const { search } = left
    switch (token.type) {
      case 'dot':
        if (!this.#next('star')) return { search: then(search, this.#afterDot(bindingOf('dot'))) }
        this.#take()
        return { search: valueProjection(search, this.#projected('dot')) }
      case 'pipe':
        return { search: then(search, this.#read(bindingOf('pipe')).search) }
      case 'or': {
        const right = this.#read(bindingOf('or')).search
        return { search: (value) => choose(search(value), isFalse, () => right(value)) }
      }
      case 'and': {
        const right = this.#read(bindingOf('and')).search
        return {
          search: (value) =>
            choose(
              search(value),
              (found) => !isFalse(found),
              () => right(value),
            ),
        }
      }
      case 'lparen':
        return this.#call(left)
      case 'filter':
        return this.#filter(search)
      case 'eq':
      case 'ne': {
        const right = this.#read(bindingOf('eq')).search
        return { search: (value) => equals(search(value), right(value)) === (token.type === 'eq') }
      }
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
        return { search: ordering(token, search, this.#read(bindingOf(token.type)).search) }
      case 'flatten':
        return { search: projection(flattened(search), this.#projected('flatten')) }
      case 'lbracket':
        if (this.#next('number') || this.#next('colon')) return this.#indexOrSlice(search)
        this.#expect('star')
        this.#expect('rbracket')
        return { search: projection(search, this.#projected('star')) }
      default:
        throw unexpected(this.#expression, token, 'invalid token')
    }
  }

  #openingBracket(): Node {
    if (this.#next('number') || this.#next('colon')) return this.#indexOrSlice(identity)
    if (!(this.#next('star') && this.#next('rbracket', 1))) return this.#multiSelectList()
    this.#at += 2
    return { search: projection(identity, this.#projected('star')) }
  }

  /** Stands behind `[`. */
  #indexOrSlice(left: Search): Node {
    if (!this.#next('colon') && !this.#next('colon', 1)) {
      const index = this.#take().value as number
      this.#expect('rbracket')
      return { search: then(left, (value) => (isList(value) ? value.at(index) : null)) }
    }
    const bounds: (number | undefined)[] = [undefined, undefined, undefined]
    let place = 0
    for (let token = this.#token(); token.type !== 'rbracket' && place < 3; token = this.#token()) {
      if (token.type === 'number') bounds[place] = token.value as number
      else if (token.type !== 'colon' || ++place === 3) throw unexpected(this.#expression, token, 'syntax error')
      this.#take()
    }
    this.#expect('rbracket')
    const cut: Search = (value) => (isList(value) ? slice(value, bounds) : null)
    return { search: projection(then(left, cut), this.#projected('star')) }
  }

  #filter(left: Search): Node {
    const condition = this.#read(0).search
    this.#expect('rbracket')
    const right = this.#next('flatten') ? identity : this.#projected('filter')
    const kept: Search = (value) => {
      const base = left(value)
      return isList(base) ? base.filter((item) => !isFalse(condition(item))) : null
    }
    return { search: projection(kept, right) }
  }

  #call({ field }: Node): Node {
    if (field === undefined) {
      const named = this.#tokens[this.#at - 2] as Token
      throw unexpected(this.#expression, named, `Invalid function name '${named.text}'`)
    }
    const args: Search[] = []
    while (!this.#next('rparen')) {
      args.push(this.#read(0).search)
      if (this.#next('comma')) this.#take()
    }
    this.#expect('rparen')
    return {
      search: (value) =>
        callFunction(
          field,
          args.map((argument) => argument(value) ?? null),
        ),
    }
  }

  #multiSelectList(): Node {
    const items: Search[] = []
    for (;;) {
      items.push(this.#read(0).search)
      if (this.#next('rbracket')) break
      this.#expect('comma')
    }
    this.#take()
    return { search: (value) => (isNothing(value) ? null : items.map((item) => item(value) ?? null)) }
  }

  #multiSelectHash(): Node {
    const pairs: [string, Search][] = []
    for (;;) {
      const key = this.#token()
      this.#expect('quoted_identifier', 'unquoted_identifier')
      this.#expect('colon')
      pairs.push([key.text, this.#read(0).search])
      if (this.#next('comma')) this.#take()
      else if (this.#next('rbrace')) break
    }
    this.#take()
    return {
      search: (value) =>
        isNothing(value) ? null : Object.fromEntries(pairs.map(([name, item]) => [name, item(value) ?? null])),
    }
  }

  /** What is applied to each item of a projection. */
  #projected(by: TokenType): Search {
    const { type } = this.#token()
    if (bindingOf(type) < PROJECTION_STOP) return identity
    if (type === 'lbracket' || type === 'filter') return this.#read(bindingOf(by)).search
    if (type !== 'dot') throw unexpected(this.#expression, this.#token(), 'syntax error')
    this.#take()
    return this.#afterDot(bindingOf(by))
  }

  #afterDot(strength: number): Search {
    const token = this.#token()
    switch (token.type) {
      case 'quoted_identifier':
      case 'unquoted_identifier':
      case 'star':
        return this.#read(strength).search
      case 'lbracket':
        this.#take()
        return this.#multiSelectList().search
      case 'lbrace':
        this.#take()
        return this.#multiSelectHash().search
      default: {
        const expected = "['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace']"
        throw unexpected(this.#expression, token, `Expecting: ${expected}, got: ${token.type}`)
      }
    }
  }

  #token(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token
  }

  #take(): Token {
    const token = this.#token()
    this.#at += 1
    return token
  }

  #next(type: TokenType, ahead = 0): boolean {
    return this.#token(ahead).type === type
  }

  #expect(...types: TokenType[]): void {
    const token = this.#take()
    if (types.includes(token.type)) return
    if (token.type === 'eof') throw incomplete(this.#expression)
    const expected = types.length === 1 ? types[0] : `[${types.map((type) => `'${type}'`).join(', ')}]`
    throw unexpected(this.#expression, token, `Expecting: ${expected}, got: ${token.type}`)
  }
}

const holdsReference = (value: unknown): boolean =>
  value instanceof ExpressionReference ||
  (isList(value) && value.some(holdsReference)) ||
  (isStructure(value) && Object.values(value).some(holdsReference))

const isNothing = (value: unknown): boolean => value === null || value === undefined

const fieldOf =
  (name: string): Search =>
  (value) =>
    isStructure(value) && Object.hasOwn(value, name) ? value[name] : null

const then =
  (first: Search, second: Search): Search =>
  (value) =>
    second(first(value))

const choose = (found: unknown, otherwise: (found: unknown) => boolean, other: () => unknown): unknown =>
  otherwise(found) ? other() : found

/** 0 counts as true, and its negation is false. */
const not =
  (inner: Search): Search =>
  (value) => {
    const found = inner(value)
    return isNumber(found) && numberOf(found) === 0 ? false : isFalse(found)
  }

const flattened =
  (left: Search): Search =>
  (value) => {
    const base = left(value)
    return isList(base) ? base.flat() : null
  }

const projection =
  (left: Search, right: Search): Search =>
  (value) => {
    const base = left(value)
    return isList(base) ? projectedItems(base, right) : null
  }

const valueProjection =
  (left: Search, right: Search): Search =>
  (value) => {
    const base = left(value)
    return isStructure(base) ? projectedItems(Object.values(base), right) : null
  }

const projectedItems = (items: readonly unknown[], right: Search): unknown[] =>
  items.map(right).filter((item) => !isNothing(item))

const ORDERS = {
  lt: ['<', (order: number) => order < 0],
  lte: ['<=', (order: number) => order <= 0],
  gt: ['>', (order: number) => order > 0],
  gte: ['>=', (order: number) => order >= 0],
} as const

/** null for what has no order: only numbers and strings have. */
function ordering({ type }: Token, left: Search, right: Search): Search {
  const [sign, holds] = ORDERS[type as keyof typeof ORDERS]
  return (value) => {
    const [a, b] = [left(value), right(value)]
    return isComparable(a) && isComparable(b) ? holds(compare(a, b, sign)) : null
  }
}

/** Python's slices: negative bounds count from the end, a negative step goes backwards. */
function slice(items: readonly unknown[], [start, end, step = 1]: readonly (number | undefined)[]): unknown[] {
  if (step === 0) throw new JmespathError('slice step cannot be zero')
  const [lowest, highest] = step > 0 ? [0, items.length] : [-1, items.length - 1]
  const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + items.length : bound, lowest), highest)
  const from = start === undefined ? (step > 0 ? lowest : highest) : clamp(start)
  const to = end === undefined ? (step > 0 ? highest : lowest) : clamp(end)
  const found: unknown[] = []
  for (let index = from; step > 0 ? index < to : index > to; index += step) found.push(items[index])
  return found
}

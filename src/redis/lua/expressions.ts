import type { Scopes } from './scopes.ts'
import type { Site } from './values.ts'
import type { Words } from './words.ts'

export interface Expression {
  /** Gives one value; with `multi`, results. */
  readonly code: string
  /** As `code`, for conditions: gives a boolean. */
  readonly test: string
  readonly multi: boolean
  /** Whether it may stand in the text more than once. */
  readonly simple: boolean
  readonly constant: boolean
  readonly numeric: boolean
  readonly kind: Site['kind']
  readonly name: string
  /** What it takes to assign to it. */
  readonly target?: Target
  readonly call?: boolean
}

type Target =
  | { readonly local: string }
  | { readonly object: Expression; readonly key: Expression; readonly site: number }

/** Left and right priority of each operator. */
const BINARY: Readonly<Record<string, readonly [number, number]>> = {
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
  '..': [5, 4],
  '~=': [3, 3],
  '==': [3, 3],
  '<': [3, 3],
  '<=': [3, 3],
  '>': [3, 3],
  '>=': [3, 3],
  and: [2, 2],
  or: [1, 1],
}
const UNARY_PRIORITY = 8
export const BLOCK_ENDS = new Set(['else', 'elseif', 'end', '<eof>', 'until'])

const value = (code: string, more: Partial<Expression> = {}): Expression => ({
  code,
  test: `M.truth(${code})`,
  multi: false,
  simple: false,
  constant: false,
  numeric: false,
  kind: '',
  name: '',
  ...more,
})
export const constant = (code: string, numeric = false): Expression =>
  value(code, {
    simple: true,
    constant: true,
    numeric,
    test: code === 'false' || code === 'undefined' ? 'false' : 'true',
  })
const truth = (code: string): Expression => value(code, { test: code })

/** Compiles expressions, in the midst of which functions have blocks of statements. */
export class Expressions {
  readonly #words: Words
  readonly #scopes: Scopes
  readonly #block: () => string

  constructor(words: Words, scopes: Scopes, block: () => string) {
    this.#words = words
    this.#scopes = scopes
    this.#block = block
  }

  list(tail = false): Expression[] {
    const list = [this.expression(0, tail)]
    while (this.#words.accept(',')) list.push(this.expression())
    return list
  }

  /** An expression's value, alone. */
  one(one: Expression): Expression {
    if (!one.multi) return one
    return value(one.code === 'A' ? 'A[0]' : `M.first(${one.code})`)
  }

  /** An array of all values of a list. */
  array(given: readonly Expression[]): string {
    return `[${given.map((one, at) => (one.multi && at === given.length - 1 ? `...${this.#spread(one)}` : this.one(one).code)).join(', ')}]`
  }

  #spread(one: Expression): string {
    return one.code === 'A' ? 'A' : `M.all(${one.code})`
  }

  expression(limit = 0, tail = false): Expression {
    return this.#scopes.nested(() => {
      let left = this.#operand(tail && limit === 0)
      for (
        let priority = BINARY[this.#words.token.type];
        priority !== undefined && priority[0] > limit;
        priority = BINARY[this.#words.token.type]
      ) {
        const operator = this.#words.advance().type
        const right = this.one(this.expression(priority[1]))
        left = this.#binary(operator, this.one(left), right)
      }
      return left
    })
  }

  #operand(tail: boolean): Expression {
    const { type } = this.#words.token
    if (type !== 'not' && type !== '-' && type !== '#') return this.#simple(tail)
    this.#words.advance()
    const one = this.one(this.expression(UNARY_PRIORITY))
    if (type === 'not') return truth(`!(${one.test})`)
    if (type === '-' && one.constant && one.numeric) return constant(`(-${one.code})`, true)
    const site = this.#scopes.site(this.#words.last, one)
    if (type === '-') {
      const operand = this.#operandText(one)
      return value(
        `(typeof ${operand.first} === 'number' ? -${operand.again} : yield* M.minus(F, ${site}, ${operand.again}))`,
      )
    }
    return value(`M.length(F, ${site}, ${one.code})`)
  }

  #simple(tail: boolean): Expression {
    const { type, value: is } = this.#words.token
    switch (type) {
      case '<number>':
        this.#words.advance()
        return constant(String(is), true)
      case '<string>':
        this.#words.advance()
        return constant(quoted(String(is)))
      case 'nil':
        this.#words.advance()
        return constant('undefined')
      case 'true':
      case 'false':
        this.#words.advance()
        return constant(type)
      case '...':
        this.#words.advance()
        if (!this.#scopes.current.vararg)
          this.#words.failNear("cannot use '...' outside a vararg function", '...', this.#words.last)
        this.#scopes.current.usesDots = true
        return value('A', { multi: true, test: 'M.truth(A[0])' })
      case '{':
        return this.#constructorText()
      case 'function': {
        const { line } = this.#words.advance()
        return this.functionBody(line, false)
      }
      default:
        return this.suffixed(tail)
    }
  }

  #binary(operator: string, left: Expression, right: Expression): Expression {
    const line = this.#words.last
    if (operator === 'and' || operator === 'or') return this.#logical(operator, left, right)
    if (operator === '==' || operator === '~=') {
      const code = this.#equal(left, right)
      return truth(operator === '==' ? code : `!${code}`)
    }
    const [a, b] = [this.#operandText(left, right), this.#operandText(right)]
    if (operator === '<' || operator === '<=' || operator === '>' || operator === '>=') {
      const site = this.#scopes.site(line)
      const swapped = operator.startsWith('>')
      const order = operator.endsWith('=') ? 'lessOrEqual' : 'less'
      const slow = swapped ? `${b.again}, ${a.again}` : `${a.again}, ${b.again}`
      const both = this.#bothNumbers(left, right, a, b)
      return truth(`(${both} ? ${a.again} ${operator} ${b.again} : yield* M.${order}(F, ${site}, ${slow}))`)
    }
    const site = this.#scopes.site(line, left)
    this.#scopes.site(line, right)
    if (operator === '..') {
      return value(
        `(typeof ${a.first} === 'string' & typeof ${b.first} === 'string' ? ${a.again} + ${b.again} : yield* M.concat(F, ${site}, ${a.again}, ${b.again}))`,
      )
    }
    const fast =
      operator === '%'
        ? `${a.again} - Math.floor(${a.again} / ${b.again}) * ${b.again}`
        : operator === '^'
          ? `M.power(${a.again}, ${b.again})`
          : `${a.again} ${operator} ${b.again}`
    const both = this.#bothNumbers(left, right, a, b)
    return value(`(${both} ? ${fast} : yield* M.arithmetic(F, ${site}, '${operator}', ${a.again}, ${b.again}))`)
  }

  /** Both operands are computed whatever the first one is, hence no `&&`. */
  #bothNumbers(left: Expression, right: Expression, a: Operand, b: Operand): string {
    const isNumber = (one: Expression, { first }: Operand) => (one.numeric ? 'true' : `typeof ${first} === 'number'`)
    return `${isNumber(left, a)} & ${isNumber(right, b)}`
  }

  /** How an operand is written the first time, and after that. A local is read when the operator is, as Lua reads its register. */
  #operandText(one: Expression, beside?: Expression): Operand {
    const stays = one.kind === 'local' || beside === undefined || beside.simple
    if (one.constant || (one.simple && stays)) return { first: one.code, again: one.code }
    const temp = this.#scopes.temp()
    return { first: `(${temp} = ${one.code})`, again: temp }
  }

  #equal(left: Expression, right: Expression): string {
    if (left.constant || right.constant) return `(${left.code} === ${right.code})`
    const [a, b] = [this.#operandText(left, right), this.#operandText(right)]
    return `(${a.first} === ${b.first} || (${a.again} instanceof Table && ${b.again} instanceof Table && (yield* M.equal(F, ${a.again}, ${b.again}))))`
  }

  #logical(operator: string, left: Expression, right: Expression): Expression {
    const temp = this.#scopes.temp()
    const test = operator === 'and' ? `(${left.test} && ${right.test})` : `(${left.test} || ${right.test})`
    const [yes, no] = operator === 'and' ? [right.code, temp] : [temp, right.code]
    return value(`(M.truth(${temp} = ${left.code}) ? ${yes} : ${no})`, { test })
  }

  variable(): Expression {
    const name = String(this.#words.expect('<name>').value)
    const found = this.#scopes.find(name)
    if (found !== undefined) {
      const kind = found.of === this.#scopes.current ? 'local' : 'upvalue'
      return value(found.id, { simple: true, kind, name, target: { local: found.id } })
    }
    const temp = this.#scopes.temp()
    const key = constant(quoted(name))
    const site = this.#scopes.site(this.#words.last)
    return value(
      `((${temp} = M.globals.field(${key.code})) !== undefined ? ${temp} : yield* M.index(F, ${site}, M.globals, ${key.code}))`,
      {
        kind: 'global',
        name,
        target: { object: value('M.globals', { simple: true }), key, site },
      },
    )
  }

  /** A variable, a call, or what comes out of a chain of both. */
  suffixed(tail = false): Expression {
    let one: Expression
    const { type, line } = this.#words.token
    if (type === '(') {
      this.#words.advance()
      const inner = this.one(this.expression())
      this.#words.expectMatch(')', '(', line)
      one = value(inner.code, {
        test: inner.test,
        simple: inner.simple,
        constant: inner.constant,
        numeric: inner.numeric,
        kind: inner.kind,
        name: inner.name,
      })
    } else if (type === '<name>') one = this.variable()
    else this.#words.fail('unexpected symbol')
    for (;;) {
      switch (this.#words.token.type) {
        case '.':
          this.#words.advance()
          one = this.index(this.one(one), this.nameKey())
          break
        case '[': {
          this.#words.advance()
          const key = this.one(this.expression())
          this.#words.expect(']')
          one = this.index(this.one(one), key)
          break
        }
        case ':': {
          this.#words.advance()
          const key = this.nameKey()
          one = this.#method(this.one(one), key, tail)
          break
        }
        case '(':
        case '<string>':
        case '{':
          one = this.#call(this.one(one), undefined, tail)
          break
        default:
          return one
      }
    }
  }

  nameKey(): Expression {
    return constant(quoted(String(this.#words.expect('<name>').value)))
  }

  index(object: Expression, key: Expression): Expression {
    const site = this.#scopes.site(this.#words.last, object)
    const alone = object.constant ? { ...object, code: `(${object.code})` } : object
    const [o, found] = [this.#operandText(alone, key), this.#scopes.temp()]
    const k = this.#operandText(key)
    const getter = key.code.startsWith('"') ? 'field' : 'get'
    const isName = key.code.startsWith('"')
    return value(
      `(${this.#before(o, k)}${o.again} instanceof Table && ((${found} = ${o.again}.${getter}(${k.again})) !== undefined || ${o.again}.meta === null) ? ${found} : yield* M.index(F, ${site}, ${o.again}, ${k.again}))`,
      { kind: 'field', name: isName ? JSON.parse(key.code) : '?', target: { object, key, site } },
    )
  }

  #before(...operands: Operand[]): string {
    return operands.map(({ first, again }) => (first === again ? '' : `${first}, `)).join('')
  }

  #method(object: Expression, key: Expression, tail: boolean): Expression {
    const self = this.#scopes.temp()
    const held = value(self, { simple: true, kind: object.kind, name: object.name })
    const method = this.index(held, key)
    return this.#call(
      value(`(${self} = ${object.code}, ${method.code})`, { kind: 'method', name: method.name }),
      self,
      tail,
    )
  }

  #call(callee: Expression, self: string | undefined, tail: boolean): Expression {
    const { line } = this.#words.token
    if (this.#words.token.type === '(' && line !== this.#words.last)
      this.#words.failNear('ambiguous syntax (function call x new statement)', '(', line)
    const f = this.#scopes.temp()
    const given = this.#arguments()
    const site = this.#scopes.site(line, callee)
    let before = `${f} = ${callee.code}, `
    const written = given.map((one, at) => {
      const isLast = at === given.length - 1
      const spread = one.multi && isLast
      if (spread && one.code === 'A') return '...A'
      const alone = spread ? one : this.one(one)
      if (alone.constant || (alone.simple && given.slice(at + 1).every(({ simple }) => simple))) return alone.code
      const temp = this.#scopes.temp()
      before += `${temp} = ${spread ? this.#spread(one) : alone.code}, `
      return spread ? `...${temp}` : temp
    })
    if (self !== undefined) written.unshift(self)
    const args = written.join(', ')
    const after = args === '' ? '' : `, ${args}`
    // Only a call that is surely the last of its function, and all it returns, is one.
    const isTail = tail && !this.#goesOn()
    const mark = isTail ? ', F.tail = true' : ''
    const code = `(${before}${f} instanceof Fn ? (F.at = ${site}, M.frame = F, ${f}.native !== null ? ${f}.native(${args}) : (0${mark}, yield* ${f}.run(${args}))) : yield* M.call(F, ${site}, ${f}${after}))`
    return value(code, { multi: true, call: true, test: `M.truth(M.first(${code}))` })
  }

  #goesOn(): boolean {
    const { type } = this.#words.token
    return !BLOCK_ENDS.has(type) && type !== ';'
  }

  #arguments(): Expression[] {
    if (this.#words.token.type === '<string>') return [constant(quoted(String(this.#words.advance().value)))]
    if (this.#words.token.type === '{') return [this.#constructorText()]
    if (this.#words.token.type !== '(') this.#words.fail('function arguments expected')
    const { line } = this.#words.advance()
    if (this.#words.accept(')')) return []
    const list = this.list()
    this.#words.expectMatch(')', '(', line)
    return list
  }

  #constructorText(): Expression {
    const { line } = this.#words.expect('{')
    const array: Expression[] = []
    const table = this.#scopes.temp()
    const list = this.#scopes.temp()
    // Keys, values and items are computed in their order; items are put in at the end, over what pairs have put there.
    let parts = ''
    let count = 0
    const site = this.#scopes.site(line)
    while (this.#words.token.type !== '}') {
      if (this.#words.token.type === '[' || (this.#words.token.type === '<name>' && this.#words.peek().type === '=')) {
        const key = this.#key()
        this.#words.expect('=')
        parts += `, M.fill(F, ${site}, ${table}, ${key.code}, ${this.one(this.expression()).code})`
        count++
      } else {
        const item = this.expression()
        array.push(item)
        const isLast =
          this.#words.token.type === '}' ||
          (this.#words.is(',') || this.#words.is(';') ? this.#words.peek().type === '}' : true)
        parts += `, ${list}.push(${item.multi && isLast ? `...${this.#spread(item)}` : this.one(item).code})`
      }
      if (!this.#words.accept(',') && !this.#words.accept(';')) break
    }
    this.#words.expectMatch('}', '{', line)
    const sized = array.length - (array.at(-1)?.multi === true ? 1 : 0)
    const made = (code: string) => value(code, { test: `(${code}, true)` })
    if (count === 0) return made(array.length === 0 ? 'new Table()' : `M.list(${this.array(array)}, ${sized})`)
    if (array.length === 0) return made(`(${table} = M.record(0, ${count})${parts}, ${table})`)
    return made(`(${table} = M.record(${sized}, ${count}), ${list} = []${parts}, M.items(${table}, ${list}), ${table})`)
  }

  #key(): Expression {
    if (this.#words.token.type === '<name>') return this.nameKey()
    this.#words.advance()
    const key = this.one(this.expression())
    this.#words.expect(']')
    return key
  }

  functionBody(line: number, method: boolean): Expression {
    const outer = this.#scopes.current
    return this.#scopes.scoped(() => {
      const names: string[] = method ? ['self'] : []
      let vararg = false
      const { line: opened } = this.#words.expect('(')
      while (!this.#words.is(')')) {
        if (this.#words.accept('...')) {
          vararg = true
          break
        }
        if (!this.#words.is('<name>')) this.#words.fail("<name> or '...' expected")
        names.push(String(this.#words.advance().value))
        if (!this.#words.accept(',')) break
        if (this.#words.is(')')) this.#words.fail("<name> or '...' expected")
      }
      this.#scopes.current = this.#scopes.newFunction(line, vararg, outer)
      const ids = names.map((name) => this.#scopes.declare(name))
      const arg = vararg ? this.#scopes.declare('arg') : undefined
      this.#words.expectMatch(')', '(', opened)
      const body = this.#block()
      this.#words.expectMatch('end', 'function', line)
      const usesArg = arg !== undefined && new RegExp(`\\b${arg}\\b`).test(body)
      const argTable = usesArg ? `let ${arg} = ${this.#scopes.current.usesDots ? 'undefined' : 'M.argTable(A)'};\n` : ''
      const text = this.#scopes.functionText(this.#scopes.current, ids, argTable + body)
      this.#scopes.current = outer
      return value(text, { test: 'true' })
    })
  }
}

interface Operand {
  readonly first: string
  readonly again: string
}

const quoted = (text: string): string => JSON.stringify(text)

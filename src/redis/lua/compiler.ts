import { chunkName, Lexer, type Token } from './lexer.ts'
import type { Prototype, Site } from './values.ts'

/**
 * Lua 5.1 into the text of JavaScript, in one pass. Each function of Lua becomes a generator function: a script can so pause
 * anywhere, be it inside of pcall, of a comparator of table.sort or of a metamethod, which none of the interpreters on npm can.
 * What is common (numbers, fields of tables without metatable, calls of functions) is in line, what is not is left to the
 * machine, called `M` in the text. `F` is the frame of the call, `A` the array of arguments beyond those with a name.
 *
 * A name of the source never becomes one of JavaScript, nor does a string leave its quotes.
 */
export interface Compiled {
  /** The body of a function of `M`, `Fn`, `Table`, `P` (prototypes) and `N` (no results), which gives the chunk's function. */
  readonly text: string
  readonly prototypes: readonly Prototype[]
}

interface Expression {
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

interface Local {
  readonly name: string
  readonly id: string
  readonly of: FunctionState
}

interface FunctionState {
  readonly up: FunctionState | undefined
  readonly line: number
  readonly vararg: boolean
  readonly sites: Site[]
  readonly upvalues: Set<string>
  readonly number: number
  /** Whether `...` stands in it; if not, its variable arguments are in a table called `arg`. */
  usesDots: boolean
  temps: number
  mostTemps: number
  locals: number
  loops: number
}

const MAX_LOCALS = 200
const MAX_UPVALUES = 60
const MAX_LEVELS = 200

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
const BLOCK_ENDS = new Set(['else', 'elseif', 'end', '<eof>', 'until'])

/** @param name What the source was loaded under. */
export function compile(source: string, name: string): Compiled {
  return new Compiler(source, name).chunk()
}

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
const constant = (code: string, numeric = false): Expression =>
  value(code, {
    simple: true,
    constant: true,
    numeric,
    test: code === 'false' || code === 'undefined' ? 'false' : 'true',
  })
const truth = (code: string): Expression => value(code, { test: code })

class Compiler {
  readonly #lexer: Lexer
  readonly #chunk: string
  readonly #name: string
  readonly #prototypes: Prototype[] = []
  #token: Token
  #ahead: Token | undefined
  /** Line of the word before. */
  #last = 1
  #function: FunctionState
  #scope: Local[] = []
  #ids = 0
  #levels = 0

  constructor(source: string, name: string) {
    this.#name = name
    this.#chunk = chunkName(name)
    this.#lexer = new Lexer(source, this.#chunk)
    this.#token = this.#lexer.next()
    this.#function = this.#newFunction(0, true)
  }

  chunk(): Compiled {
    const body = this.#block()
    this.#expect('<eof>')
    return { text: `return ${this.#functionText(this.#function, [], body)}`, prototypes: this.#prototypes }
  }

  // Words

  #advance(): Token {
    const token = this.#token
    this.#last = token.line
    this.#token = this.#ahead ?? this.#lexer.next()
    this.#ahead = undefined
    return token
  }

  #peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  #is(type: string): boolean {
    return this.#token.type === type
  }

  #accept(type: string): boolean {
    if (this.#token.type !== type) return false
    this.#advance()
    return true
  }

  #expect(type: string): Token {
    if (this.#token.type !== type) this.#fail(`'${type}' expected`)
    return this.#advance()
  }

  #expectMatch(what: string, opener: string, line: number): void {
    if (this.#token.type === what) this.#advance()
    else if (line === this.#token.line) this.#fail(`'${what}' expected`)
    else this.#fail(`'${what}' expected (to close '${opener}' at line ${line})`)
  }

  #fail(message: string): never {
    return this.#lexer.fail(message, this.#token.text, this.#token.line)
  }

  // Functions, scopes, places

  #newFunction(line: number, vararg: boolean, up?: FunctionState): FunctionState {
    const number = this.#prototypes.length
    const sites: Site[] = []
    this.#prototypes.push({ source: this.#name, chunk: this.#chunk, sites })
    return {
      up,
      line,
      vararg,
      sites,
      upvalues: new Set(),
      number,
      usesDots: false,
      temps: 0,
      mostTemps: 0,
      locals: 0,
      loops: 0,
    }
  }

  #functionText(state: FunctionState, parameters: readonly string[], body: string): string {
    const names = [...parameters, ...(state.vararg ? ['...A'] : [])].join(', ')
    const temps = Array.from({ length: state.mostTemps }, (_, at) => `t${at}`).join(', ')
    return `new Fn(null, function* (${names}) { const F = M.enter(P[${state.number}]); if (--M.fuel < 0) yield* M.tick(F);
${temps === '' ? '' : `let ${temps};\n`}${body}return N }, true)`
  }

  #limit(count: number, most: number, what: string, state: FunctionState): void {
    if (count <= most) return
    const where = state.line === 0 ? 'main function' : `function at line ${state.line}`
    this.#lexer.fail(`${where} has more than ${most} ${what}`, undefined, this.#token.line)
  }

  #declare(name: string): string {
    this.#function.locals++
    this.#limit(this.#function.locals, MAX_LOCALS, 'local variables', this.#function)
    const id = `L${this.#ids++}`
    this.#scope.push({ name, id, of: this.#function })
    return id
  }

  /** Runs `body` in a scope of its own. */
  #scoped<T>(body: () => T): T {
    const [depth, locals] = [this.#scope.length, this.#function.locals]
    const result = body()
    this.#scope.length = depth
    this.#function.locals = locals
    return result
  }

  #temp(): string {
    const at = this.#function.temps++
    this.#function.mostTemps = Math.max(this.#function.mostTemps, this.#function.temps)
    return `t${at}`
  }

  #site(line: number, about?: Expression): number {
    this.#function.sites.push({ line, kind: about?.kind ?? '', name: about?.name ?? '' })
    return this.#function.sites.length - 1
  }

  #nested<T>(body: () => T): T {
    if (++this.#levels > MAX_LEVELS) this.#lexer.fail('chunk has too many syntax levels', undefined, this.#token.line)
    const result = body()
    this.#levels--
    return result
  }

  // Statements

  #block(): string {
    return this.#scoped(() => {
      let text = ''
      for (let done = false; !done && !BLOCK_ENDS.has(this.#token.type); this.#accept(';')) {
        this.#function.temps = 0
        done = this.#token.type === 'return' || this.#token.type === 'break'
        text += this.#nested(() => this.#statement())
      }
      return text
    })
  }

  #statement(): string {
    const { line, type } = this.#token
    switch (type) {
      case 'if':
        return this.#if(line)
      case 'while':
        return this.#while(line)
      case 'do': {
        this.#advance()
        const body = this.#block()
        this.#expectMatch('end', 'do', line)
        return `{ ${body} }\n`
      }
      case 'for':
        return this.#for(line)
      case 'repeat':
        return this.#repeat(line)
      case 'function':
        return this.#functionStatement(line)
      case 'local':
        this.#advance()
        return this.#accept('function') ? this.#localFunction() : this.#local()
      case 'return':
        return this.#return()
      case 'break':
        this.#advance()
        if (this.#function.loops === 0) this.#lexer.fail('no loop to break', this.#token.text, this.#token.line)
        return 'break;\n'
      default:
        return this.#expressionStatement()
    }
  }

  #if(line: number): string {
    let text = ''
    let closers = ''
    for (;;) {
      this.#advance()
      const condition = this.#expression()
      this.#expect('then')
      text += `if (${condition.test}) {\n${this.#block()}}`
      if (this.#token.type === 'else') {
        this.#advance()
        text += ` else {\n${this.#block()}}`
        this.#expectMatch('end', 'if', line)
        return `${text}${closers}\n`
      }
      if (this.#token.type !== 'elseif') {
        this.#expectMatch('end', 'if', line)
        return `${text}${closers}\n`
      }
      // A block of its own, as temporaries of the next condition belong to the same statement.
      text += ' else { '
      closers += ' }'
    }
  }

  #loop(body: () => string): string {
    this.#function.loops++
    const text = body()
    this.#function.loops--
    return text
  }

  #while(line: number): string {
    this.#advance()
    const condition = this.#expression()
    this.#expect('do')
    const body = this.#loop(() => this.#block())
    this.#expectMatch('end', 'while', line)
    return `while (${condition.test}) { if (--M.fuel < 0) yield* M.tick(F);\n${body}}\n`
  }

  #repeat(line: number): string {
    this.#advance()
    return this.#scoped(() => {
      // The condition sees the locals of the body, so their scope ends only after it.
      const body = this.#loop(() => this.#openBlock())
      this.#expectMatch('until', 'repeat', line)
      this.#function.temps = 0
      const condition = this.#expression()
      return `for (;;) { if (--M.fuel < 0) yield* M.tick(F);\n${body}if (${condition.test}) break }\n`
    })
  }

  #openBlock(): string {
    let text = ''
    for (let done = false; !done && !BLOCK_ENDS.has(this.#token.type); this.#accept(';')) {
      this.#function.temps = 0
      done = this.#token.type === 'return' || this.#token.type === 'break'
      text += this.#nested(() => this.#statement())
    }
    return text
  }

  #for(line: number): string {
    this.#advance()
    const name = String(this.#expect('<name>').value)
    if (this.#token.type === '=') return this.#numericFor(name, line)
    if (this.#token.type === ',' || this.#token.type === 'in') return this.#genericFor(name, line)
    return this.#fail("'=' or 'in' expected")
  }

  #numericFor(name: string, line: number): string {
    this.#advance()
    const from = this.#one(this.#expression())
    this.#expect(',')
    const to = this.#one(this.#expression())
    const step = this.#accept(',') ? this.#one(this.#expression()) : constant('1', true)
    const site = this.#site(this.#last)
    const id = this.#ids++
    const [at, end, by] = [`c${id}`, `e${id}`, `s${id}`]
    const bound = (one: Expression, what: string) =>
      one.numeric ? one.code : `M.bound(F, ${site}, ${one.code}, '${what}')`
    const body = this.#scoped(() => {
      this.#function.locals += 3
      this.#expect('do')
      const local = this.#declare(name)
      return `let ${local} = ${at};\n${this.#loop(() => this.#block())}`
    })
    this.#expectMatch('end', 'for', line)
    const goesOn =
      step.constant && step.numeric && Number(step.code) > 0
        ? `${at} <= ${end}`
        : `(${by} > 0 ? ${at} <= ${end} : ${end} <= ${at})`
    return `{ let ${at} = ${bound(from, 'initial')}, ${end} = ${bound(to, 'limit')}, ${by} = ${bound(step, 'step')};
for (${at} -= ${by}; ${at} += ${by}, ${goesOn}; ) { if (--M.fuel < 0) yield* M.tick(F);\n${body}} }\n`
  }

  #genericFor(name: string, line: number): string {
    const names = [name]
    while (this.#accept(',')) names.push(String(this.#expect('<name>').value))
    this.#expect('in')
    const given = this.#list()
    const at = this.#last
    const id = this.#ids++
    const [f, s, c, k, r] = [`f${id}`, `s${id}`, `c${id}`, `k${id}`, `r${id}`]
    return this.#scoped(() => {
      this.#function.locals += 3
      const start = this.#spreadInto([f, s, c], given)
      const site = this.#site(at)
      this.#expect('do')
      const ids = names.map((one) => this.#declare(one))
      const [key = '', second, ...others] = ids
      const body = this.#loop(() => this.#block())
      this.#expectMatch('end', 'for', line)
      // Most loops are over pairs of a table, or go through ipairs: neither makes a call for each round.
      return `{ let ${f}, ${s}, ${c}; ${start}
const ${k} = M.walk(${f}, ${s}, ${c});
for (;;) { let ${ids.join(', ')}; if (--M.fuel < 0) yield* M.tick(F);
if (${k} !== null) { if (!${k}.step()) break; ${key} = ${k}.key; ${second === undefined ? '' : `${second} = ${k}.value;`} }
else { const ${r} = yield* M.call(F, ${site}, ${f}, ${s}, ${c}); if (${r} instanceof Array) { ${ids.map((one, index) => `${one} = ${r}[${index}];`).join(' ')} } else ${key} = ${r};
if (${key} === undefined) break; ${c} = ${key} }
${others.length === 0 ? '' : '\n'}${body}} }\n`
    })
  }

  #functionStatement(line: number): string {
    this.#advance()
    let target = this.#variable()
    let method = false
    while (this.#token.type === '.' || this.#token.type === ':') {
      method = this.#advance().type === ':'
      target = this.#index(target, this.#nameKey())
      if (method) break
    }
    return this.#assign([target], [this.#functionBody(line, method)])
  }

  #localFunction(): string {
    const id = this.#declare(String(this.#expect('<name>').value))
    return `let ${id}; ${id} = ${this.#functionBody(this.#token.line, false).code};\n`
  }

  #local(): string {
    const names: string[] = []
    do names.push(String(this.#expect('<name>').value))
    while (this.#accept(','))
    const given = this.#accept('=') ? this.#list() : []
    if (names.length === 1 && given.length === 1) {
      const [only] = given
      // The expression came first: it sees an outer variable of the same name.
      const code = this.#one(only as Expression).code // one was given
      return `let ${this.#declare(names[0] ?? '')} = ${code};\n`
    }
    const temps = names.map(() => this.#temp())
    const start = this.#spreadInto(temps, given)
    return `${start}\nlet ${names.map((name, at) => `${this.#declare(name)} = ${temps[at]}`).join(', ')};\n`
  }

  #return(): string {
    this.#advance()
    if (BLOCK_ENDS.has(this.#token.type) || this.#token.type === ';') return 'return N;\n'
    const given = this.#list(true)
    const [only] = given
    if (given.length === 1 && only !== undefined) return `return ${only.code};\n`
    return `return ${this.#array(given)};\n`
  }

  #expressionStatement(): string {
    const one = this.#suffixed()
    if (one.call === true) return `${one.code};\n`
    const targets = [one]
    while (this.#accept(',')) targets.push(this.#suffixed())
    if (targets.some(({ target }) => target === undefined)) this.#fail('syntax error')
    this.#expect('=')
    return this.#assign(targets, this.#list())
  }

  #assign(targets: readonly Expression[], given: readonly Expression[]): string {
    const [only] = targets
    const [source] = given
    if (targets.length === 1 && given.length === 1 && only?.target !== undefined && source !== undefined) {
      const target = only.target
      if ('local' in target) return `${target.local} = ${this.#one(source).code};\n`
      const { object, key } = target
      const [o, k] = [object.simple ? object.code : this.#temp(), key.simple ? key.code : this.#temp()]
      const before = `${o === object.code ? '' : `${o} = ${object.code}; `}${k === key.code ? '' : `${k} = ${key.code}; `}`
      return `${before}${this.#store(target, o, k, this.#one(source).code)}`
    }
    let before = ''
    const places = targets.map(({ target }) => {
      if (target === undefined || 'local' in target) return target
      const [o, k] = [this.#temp(), target.key.constant ? target.key.code : this.#temp()]
      before += `${o} = ${target.object.code}; ${target.key.constant ? '' : `${k} = ${target.key.code}; `}`
      return { ...target, o, k }
    })
    const values = targets.map(() => this.#temp())
    before += this.#spreadInto(values, given)
    // Lua assigns from the last to the first.
    const stores = places.map((place, at) => {
      const from = values[at] ?? 'undefined'
      if (place === undefined) return ''
      return 'local' in place ? `${place.local} = ${from};\n` : this.#store(place, place.o, place.k, from)
    })
    return `${before}\n${stores.reverse().join('')}`
  }

  #store({ site }: { readonly site: number }, object: string, key: string, from: string): string {
    const temp = this.#temp()
    return `${temp} = ${from}; if (!M.put(${object}, ${key}, ${temp})) yield* M.setIndex(F, ${site}, ${object}, ${key}, ${temp});\n`
  }

  /** Statements that give each of `names` a value of the list, the last expression's results filling up. */
  #spreadInto(names: readonly string[], given: readonly Expression[]): string {
    let text = ''
    given.forEach((one, at) => {
      const rest = names.slice(at)
      if (at < given.length - 1 || !one.multi) {
        text += names[at] === undefined ? `${one.code}; ` : `${names[at]} = ${this.#one(one).code}; `
      } else if (rest.length === 0) text += `${one.code}; `
      else if (rest.length === 1) text += `${rest[0]} = ${this.#one(one).code}; `
      else {
        const temp = this.#temp()
        text += `${temp} = ${one.code}; if (${temp} instanceof Array) { ${rest.map((name, index) => `${name} = ${temp}[${index}];`).join(' ')} } else { ${rest.map((name, index) => `${name} = ${index === 0 ? temp : 'undefined'};`).join(' ')} } `
      }
    })
    const last = given.at(-1)
    if (last?.multi !== true) for (const name of names.slice(given.length)) text += `${name} = undefined; `
    return text
  }

  // Expressions

  #list(tail = false): Expression[] {
    const list = [this.#expression(0, tail)]
    while (this.#accept(',')) list.push(this.#expression())
    return list
  }

  /** An expression's value, alone. */
  #one(one: Expression): Expression {
    if (!one.multi) return one
    return value(one.code === 'A' ? 'A[0]' : `M.first(${one.code})`)
  }

  /** An array of all values of a list. */
  #array(given: readonly Expression[]): string {
    return `[${given.map((one, at) => (one.multi && at === given.length - 1 ? `...${this.#spread(one)}` : this.#one(one).code)).join(', ')}]`
  }

  #spread(one: Expression): string {
    return one.code === 'A' ? 'A' : `M.all(${one.code})`
  }

  #expression(limit = 0, tail = false): Expression {
    return this.#nested(() => {
      let left = this.#operand(tail && limit === 0)
      for (
        let priority = BINARY[this.#token.type];
        priority !== undefined && priority[0] > limit;
        priority = BINARY[this.#token.type]
      ) {
        const operator = this.#advance().type
        const right = this.#one(this.#expression(priority[1]))
        left = this.#binary(operator, this.#one(left), right)
      }
      return left
    })
  }

  #operand(tail: boolean): Expression {
    const { type } = this.#token
    if (type !== 'not' && type !== '-' && type !== '#') return this.#simple(tail)
    this.#advance()
    const one = this.#one(this.#expression(UNARY_PRIORITY))
    if (type === 'not') return truth(`!(${one.test})`)
    if (type === '-' && one.constant && one.numeric) return constant(`(-${one.code})`, true)
    const site = this.#site(this.#last, one)
    if (type === '-') {
      const operand = this.#operandText(one)
      return value(
        `(typeof ${operand.first} === 'number' ? -${operand.again} : yield* M.minus(F, ${site}, ${operand.again}))`,
      )
    }
    return value(`M.length(F, ${site}, ${one.code})`)
  }

  #simple(tail: boolean): Expression {
    const { type, value: is } = this.#token
    switch (type) {
      case '<number>':
        this.#advance()
        return constant(String(is), true)
      case '<string>':
        this.#advance()
        return constant(quoted(String(is)))
      case 'nil':
        this.#advance()
        return constant('undefined')
      case 'true':
      case 'false':
        this.#advance()
        return constant(type)
      case '...':
        this.#advance()
        if (!this.#function.vararg) this.#lexer.fail("cannot use '...' outside a vararg function", '...', this.#last)
        this.#function.usesDots = true
        return value('A', { multi: true, test: 'M.truth(A[0])' })
      case '{':
        return this.#constructorText()
      case 'function': {
        const { line } = this.#advance()
        return this.#functionBody(line, false)
      }
      default:
        return this.#suffixed(tail)
    }
  }

  #binary(operator: string, left: Expression, right: Expression): Expression {
    const line = this.#last
    if (operator === 'and' || operator === 'or') return this.#logical(operator, left, right)
    if (operator === '==' || operator === '~=') {
      const code = this.#equal(left, right)
      return truth(operator === '==' ? code : `!${code}`)
    }
    const [a, b] = [this.#operandText(left, right), this.#operandText(right)]
    if (operator === '<' || operator === '<=' || operator === '>' || operator === '>=') {
      const site = this.#site(line)
      const swapped = operator.startsWith('>')
      const order = operator.endsWith('=') ? 'lessOrEqual' : 'less'
      const slow = swapped ? `${b.again}, ${a.again}` : `${a.again}, ${b.again}`
      const both = this.#bothNumbers(left, right, a, b)
      return truth(`(${both} ? ${a.again} ${operator} ${b.again} : yield* M.${order}(F, ${site}, ${slow}))`)
    }
    const site = this.#site(line, left)
    this.#site(line, right)
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
    const temp = this.#temp()
    return { first: `(${temp} = ${one.code})`, again: temp }
  }

  #equal(left: Expression, right: Expression): string {
    if (left.constant || right.constant) return `(${left.code} === ${right.code})`
    const [a, b] = [this.#operandText(left, right), this.#operandText(right)]
    return `(${a.first} === ${b.first} || (${a.again} instanceof Table && ${b.again} instanceof Table && (yield* M.equal(F, ${a.again}, ${b.again}))))`
  }

  #logical(operator: string, left: Expression, right: Expression): Expression {
    const temp = this.#temp()
    const test = operator === 'and' ? `(${left.test} && ${right.test})` : `(${left.test} || ${right.test})`
    const [yes, no] = operator === 'and' ? [right.code, temp] : [temp, right.code]
    return value(`(M.truth(${temp} = ${left.code}) ? ${yes} : ${no})`, { test })
  }

  #variable(): Expression {
    const name = String(this.#expect('<name>').value)
    const found = this.#scope.findLast((one) => one.name === name)
    if (found !== undefined) {
      for (
        let state: FunctionState | undefined = this.#function;
        state !== undefined && state !== found.of;
        state = state.up
      ) {
        state.upvalues.add(found.id)
        this.#limit(state.upvalues.size, MAX_UPVALUES, 'upvalues', state)
      }
      const kind = found.of === this.#function ? 'local' : 'upvalue'
      return value(found.id, { simple: true, kind, name, target: { local: found.id } })
    }
    const temp = this.#temp()
    const key = constant(quoted(name))
    const site = this.#site(this.#last)
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
  #suffixed(tail = false): Expression {
    let one: Expression
    const { type, line } = this.#token
    if (type === '(') {
      this.#advance()
      const inner = this.#one(this.#expression())
      this.#expectMatch(')', '(', line)
      one = value(inner.code, {
        test: inner.test,
        simple: inner.simple,
        constant: inner.constant,
        numeric: inner.numeric,
        kind: inner.kind,
        name: inner.name,
      })
    } else if (type === '<name>') one = this.#variable()
    else this.#fail('unexpected symbol')
    for (;;) {
      switch (this.#token.type) {
        case '.':
          this.#advance()
          one = this.#index(this.#one(one), this.#nameKey())
          break
        case '[': {
          this.#advance()
          const key = this.#one(this.#expression())
          this.#expect(']')
          one = this.#index(this.#one(one), key)
          break
        }
        case ':': {
          this.#advance()
          const key = this.#nameKey()
          one = this.#method(this.#one(one), key, tail)
          break
        }
        case '(':
        case '<string>':
        case '{':
          one = this.#call(this.#one(one), undefined, tail)
          break
        default:
          return one
      }
    }
  }

  #nameKey(): Expression {
    return constant(quoted(String(this.#expect('<name>').value)))
  }

  #index(object: Expression, key: Expression): Expression {
    const site = this.#site(this.#last, object)
    const alone = object.constant ? { ...object, code: `(${object.code})` } : object
    const [o, found] = [this.#operandText(alone, key), this.#temp()]
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
    const self = this.#temp()
    const held = value(self, { simple: true, kind: object.kind, name: object.name })
    const method = this.#index(held, key)
    return this.#call(
      value(`(${self} = ${object.code}, ${method.code})`, { kind: 'method', name: method.name }),
      self,
      tail,
    )
  }

  #call(callee: Expression, self: string | undefined, tail: boolean): Expression {
    const { line } = this.#token
    if (this.#token.type === '(' && line !== this.#last)
      this.#lexer.fail('ambiguous syntax (function call x new statement)', '(', line)
    const f = this.#temp()
    const given = this.#arguments()
    const site = this.#site(line, callee)
    let before = `${f} = ${callee.code}, `
    const written = given.map((one, at) => {
      const isLast = at === given.length - 1
      const spread = one.multi && isLast
      if (spread && one.code === 'A') return '...A'
      const alone = spread ? one : this.#one(one)
      if (alone.constant || (alone.simple && given.slice(at + 1).every(({ simple }) => simple))) return alone.code
      const temp = this.#temp()
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
    const { type } = this.#token
    return !BLOCK_ENDS.has(type) && type !== ';'
  }

  #arguments(): Expression[] {
    if (this.#token.type === '<string>') return [constant(quoted(String(this.#advance().value)))]
    if (this.#token.type === '{') return [this.#constructorText()]
    if (this.#token.type !== '(') this.#fail('function arguments expected')
    const { line } = this.#advance()
    if (this.#accept(')')) return []
    const list = this.#list()
    this.#expectMatch(')', '(', line)
    return list
  }

  #constructorText(): Expression {
    const { line } = this.#expect('{')
    const array: Expression[] = []
    const table = this.#temp()
    const list = this.#temp()
    // Keys, values and items are computed in their order; items are put in at the end, over what pairs have put there.
    let parts = ''
    let count = 0
    const site = this.#site(line)
    while (this.#token.type !== '}') {
      if (this.#token.type === '[' || (this.#token.type === '<name>' && this.#peek().type === '=')) {
        const key = this.#key()
        this.#expect('=')
        parts += `, M.fill(F, ${site}, ${table}, ${key.code}, ${this.#one(this.#expression()).code})`
        count++
      } else {
        const item = this.#expression()
        array.push(item)
        const isLast = this.#token.type === '}' || (this.#is(',') || this.#is(';') ? this.#peek().type === '}' : true)
        parts += `, ${list}.push(${item.multi && isLast ? `...${this.#spread(item)}` : this.#one(item).code})`
      }
      if (!this.#accept(',') && !this.#accept(';')) break
    }
    this.#expectMatch('}', '{', line)
    const sized = array.length - (array.at(-1)?.multi === true ? 1 : 0)
    const made = (code: string) => value(code, { test: `(${code}, true)` })
    if (count === 0) return made(array.length === 0 ? 'new Table()' : `M.list(${this.#array(array)}, ${sized})`)
    if (array.length === 0) return made(`(${table} = M.record(0, ${count})${parts}, ${table})`)
    return made(`(${table} = M.record(${sized}, ${count}), ${list} = []${parts}, M.items(${table}, ${list}), ${table})`)
  }

  #key(): Expression {
    if (this.#token.type === '<name>') return this.#nameKey()
    this.#advance()
    const key = this.#one(this.#expression())
    this.#expect(']')
    return key
  }

  #functionBody(line: number, method: boolean): Expression {
    const outer = this.#function
    return this.#scoped(() => {
      const names: string[] = method ? ['self'] : []
      let vararg = false
      const { line: opened } = this.#expect('(')
      while (!this.#is(')')) {
        if (this.#accept('...')) {
          vararg = true
          break
        }
        if (!this.#is('<name>')) this.#fail("<name> or '...' expected")
        names.push(String(this.#advance().value))
        if (!this.#accept(',')) break
        if (this.#is(')')) this.#fail("<name> or '...' expected")
      }
      this.#function = this.#newFunction(line, vararg, outer)
      const ids = names.map((name) => this.#declare(name))
      const arg = vararg ? this.#declare('arg') : undefined
      this.#expectMatch(')', '(', opened)
      const body = this.#block()
      this.#expectMatch('end', 'function', line)
      const usesArg = arg !== undefined && new RegExp(`\\b${arg}\\b`).test(body)
      const argTable = usesArg ? `let ${arg} = ${this.#function.usesDots ? 'undefined' : 'M.argTable(A)'};\n` : ''
      const text = this.#functionText(this.#function, ids, argTable + body)
      this.#function = outer
      return value(text, { test: 'true' })
    })
  }
}

interface Operand {
  readonly first: string
  readonly again: string
}

const quoted = (text: string): string => JSON.stringify(text)

import { BLOCK_ENDS, constant, type Expression, Expressions } from './expressions.ts'
import { chunkName } from './lexer.ts'
import { Scopes } from './scopes.ts'
import type { Prototype } from './values.ts'
import { Words } from './words.ts'

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

/** @param name What the source was loaded under. */
export function compile(source: string, name: string): Compiled {
  return new Compiler(source, name).chunk()
}

/** Compiles statements. */
class Compiler {
  readonly #words: Words
  readonly #scopes: Scopes
  readonly #expressions: Expressions

  constructor(source: string, name: string) {
    const chunk = chunkName(name)
    this.#words = new Words(source, chunk)
    this.#scopes = new Scopes(this.#words, name, chunk)
    this.#expressions = new Expressions(this.#words, this.#scopes, () => this.#block())
  }

  chunk(): Compiled {
    const body = this.#block()
    this.#words.expect('<eof>')
    const { current, prototypes } = this.#scopes
    return { text: `return ${this.#scopes.functionText(current, [], body)}`, prototypes }
  }

  #block(): string {
    return this.#scopes.scoped(() => this.#openBlock())
  }

  #statement(): string {
    const { line, type } = this.#words.token
    switch (type) {
      case 'if':
        return this.#if(line)
      case 'while':
        return this.#while(line)
      case 'do': {
        this.#words.advance()
        const body = this.#block()
        this.#words.expectMatch('end', 'do', line)
        return `{ ${body} }\n`
      }
      case 'for':
        return this.#for(line)
      case 'repeat':
        return this.#repeat(line)
      case 'function':
        return this.#functionStatement(line)
      case 'local':
        this.#words.advance()
        return this.#words.accept('function') ? this.#localFunction() : this.#local()
      case 'return':
        return this.#return()
      case 'break':
        this.#words.advance()
        if (this.#scopes.current.loops === 0)
          this.#words.failNear('no loop to break', this.#words.token.text, this.#words.token.line)
        return 'break;\n'
      default:
        return this.#expressionStatement()
    }
  }

  #if(line: number): string {
    let text = ''
    let closers = ''
    for (;;) {
      this.#words.advance()
      const condition = this.#expressions.expression()
      this.#words.expect('then')
      text += `if (${condition.test}) {\n${this.#block()}}`
      if (this.#words.token.type === 'else') {
        this.#words.advance()
        text += ` else {\n${this.#block()}}`
        this.#words.expectMatch('end', 'if', line)
        return `${text}${closers}\n`
      }
      if (this.#words.token.type !== 'elseif') {
        this.#words.expectMatch('end', 'if', line)
        return `${text}${closers}\n`
      }
      // A block of its own, as temporaries of the next condition belong to the same statement.
      text += ' else { '
      closers += ' }'
    }
  }

  #loop(body: () => string): string {
    this.#scopes.current.loops++
    const text = body()
    this.#scopes.current.loops--
    return text
  }

  #while(line: number): string {
    this.#words.advance()
    const condition = this.#expressions.expression()
    this.#words.expect('do')
    const body = this.#loop(() => this.#block())
    this.#words.expectMatch('end', 'while', line)
    return `while (${condition.test}) { if (--M.fuel < 0) yield* M.tick(F);\n${body}}\n`
  }

  #repeat(line: number): string {
    this.#words.advance()
    return this.#scopes.scoped(() => {
      // The condition sees the locals of the body, so their scope ends only after it.
      const body = this.#loop(() => this.#openBlock())
      this.#words.expectMatch('until', 'repeat', line)
      this.#scopes.current.temps = 0
      const condition = this.#expressions.expression()
      return `for (;;) { if (--M.fuel < 0) yield* M.tick(F);\n${body}if (${condition.test}) break }\n`
    })
  }

  #openBlock(): string {
    let text = ''
    for (let done = false; !done && !BLOCK_ENDS.has(this.#words.token.type); this.#words.accept(';')) {
      this.#scopes.current.temps = 0
      done = this.#words.token.type === 'return' || this.#words.token.type === 'break'
      text += this.#scopes.nested(() => this.#statement())
    }
    return text
  }

  #for(line: number): string {
    this.#words.advance()
    const name = String(this.#words.expect('<name>').value)
    if (this.#words.token.type === '=') return this.#numericFor(name, line)
    if (this.#words.token.type === ',' || this.#words.token.type === 'in') return this.#genericFor(name, line)
    return this.#words.fail("'=' or 'in' expected")
  }

  #numericFor(name: string, line: number): string {
    this.#words.advance()
    const from = this.#expressions.one(this.#expressions.expression())
    this.#words.expect(',')
    const to = this.#expressions.one(this.#expressions.expression())
    const step = this.#words.accept(',') ? this.#expressions.one(this.#expressions.expression()) : constant('1', true)
    const site = this.#scopes.site(this.#words.last)
    const id = this.#scopes.newId()
    const [at, end, by] = [`c${id}`, `e${id}`, `s${id}`]
    // All three are worked out before one of them is looked at.
    const bound = (one: Expression, kept: string, what: string) =>
      one.numeric ? '' : `${kept} = M.bound(F, ${site}, ${kept}, '${what}');`
    const body = this.#scopes.scoped(() => {
      this.#scopes.current.locals += 3
      this.#words.expect('do')
      const local = this.#scopes.declare(name)
      return `let ${local} = ${at};\n${this.#loop(() => this.#block())}`
    })
    this.#words.expectMatch('end', 'for', line)
    const goesOn =
      step.constant && step.numeric && Number(step.code) > 0
        ? `${at} <= ${end}`
        : `(${by} > 0 ? ${at} <= ${end} : ${end} <= ${at})`
    return `{ let ${at} = ${from.code}, ${end} = ${to.code}, ${by} = ${step.code};
${bound(from, at, 'initial')}${bound(to, end, 'limit')}${bound(step, by, 'step')}
for (${at} -= ${by}; ${at} += ${by}, ${goesOn}; ) { if (--M.fuel < 0) yield* M.tick(F);\n${body}} }\n`
  }

  #genericFor(name: string, line: number): string {
    const names = [name]
    while (this.#words.accept(',')) names.push(String(this.#words.expect('<name>').value))
    this.#words.expect('in')
    const given = this.#expressions.list()
    const at = this.#words.last
    const id = this.#scopes.newId()
    const [f, s, c, k, r] = [`f${id}`, `s${id}`, `c${id}`, `k${id}`, `r${id}`]
    return this.#scopes.scoped(() => {
      this.#scopes.current.locals += 3
      const start = this.#spreadInto([f, s, c], given)
      const site = this.#scopes.site(at)
      this.#words.expect('do')
      const ids = names.map((one) => this.#scopes.declare(one))
      const [key = '', second, ...others] = ids
      const body = this.#loop(() => this.#block())
      this.#words.expectMatch('end', 'for', line)
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
    this.#words.advance()
    let target = this.#expressions.variable()
    let method = false
    while (this.#words.token.type === '.' || this.#words.token.type === ':') {
      method = this.#words.advance().type === ':'
      target = this.#expressions.index(target, this.#expressions.nameKey())
      if (method) break
    }
    return this.#assign([target], [this.#expressions.functionBody(line, method)])
  }

  #localFunction(): string {
    const id = this.#scopes.declare(String(this.#words.expect('<name>').value))
    return `let ${id}; ${id} = ${this.#expressions.functionBody(this.#words.token.line, false).code};\n`
  }

  #local(): string {
    const names: string[] = []
    do names.push(String(this.#words.expect('<name>').value))
    while (this.#words.accept(','))
    const given = this.#words.accept('=') ? this.#expressions.list() : []
    if (names.length === 1 && given.length === 1) {
      const [only] = given
      // The expression came first: it sees an outer variable of the same name.
      const code = this.#expressions.one(only as Expression).code // one was given
      return `let ${this.#scopes.declare(names[0] ?? '')} = ${code};\n`
    }
    const temps = names.map(() => this.#scopes.temp())
    const start = this.#spreadInto(temps, given)
    return `${start}\nlet ${names.map((name, at) => `${this.#scopes.declare(name)} = ${temps[at]}`).join(', ')};\n`
  }

  #return(): string {
    this.#words.advance()
    if (BLOCK_ENDS.has(this.#words.token.type) || this.#words.token.type === ';') return 'return N;\n'
    const given = this.#expressions.list(true)
    const [only] = given
    if (given.length === 1 && only !== undefined) return `return ${only.code};\n`
    return `return ${this.#expressions.array(given)};\n`
  }

  #expressionStatement(): string {
    const one = this.#expressions.suffixed()
    if (one.call === true) return `${one.code};\n`
    const targets = [one]
    while (this.#words.accept(',')) targets.push(this.#expressions.suffixed())
    if (targets.some(({ target }) => target === undefined)) this.#words.fail('syntax error')
    this.#words.expect('=')
    return this.#assign(targets, this.#expressions.list())
  }

  #assign(targets: readonly Expression[], given: readonly Expression[]): string {
    const [only] = targets
    const [source] = given
    if (targets.length === 1 && given.length === 1 && only?.target !== undefined && source !== undefined) {
      const target = only.target
      if ('local' in target) return `${target.local} = ${this.#expressions.one(source).code};\n`
      const { object, key } = target
      const [o, k] = [object.simple ? object.code : this.#scopes.temp(), key.simple ? key.code : this.#scopes.temp()]
      const before = `${o === object.code ? '' : `${o} = ${object.code}; `}${k === key.code ? '' : `${k} = ${key.code}; `}`
      return `${before}${this.#store(target, o, k, this.#expressions.one(source).code)}`
    }
    let before = ''
    const places = targets.map(({ target }) => {
      if (target === undefined || 'local' in target) return target
      const [o, k] = [this.#scopes.temp(), target.key.constant ? target.key.code : this.#scopes.temp()]
      before += `${o} = ${target.object.code}; ${target.key.constant ? '' : `${k} = ${target.key.code}; `}`
      return { ...target, o, k }
    })
    const values = targets.map(() => this.#scopes.temp())
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
    const temp = this.#scopes.temp()
    return `${temp} = ${from}; if (!M.put(${object}, ${key}, ${temp})) yield* M.setIndex(F, ${site}, ${object}, ${key}, ${temp});\n`
  }

  /** Statements that give each of `names` a value of the list, the last expression's results filling up. */
  #spreadInto(names: readonly string[], given: readonly Expression[]): string {
    let text = ''
    given.forEach((one, at) => {
      const rest = names.slice(at)
      if (at < given.length - 1 || !one.multi) {
        text += names[at] === undefined ? `${one.code}; ` : `${names[at]} = ${this.#expressions.one(one).code}; `
      } else if (rest.length === 0) text += `${one.code}; `
      else if (rest.length === 1) text += `${rest[0]} = ${this.#expressions.one(one).code}; `
      else {
        const temp = this.#scopes.temp()
        text += `${temp} = ${one.code}; if (${temp} instanceof Array) { ${rest.map((name, index) => `${name} = ${temp}[${index}];`).join(' ')} } else { ${rest.map((name, index) => `${name} = ${index === 0 ? temp : 'undefined'};`).join(' ')} } `
      }
    })
    const last = given.at(-1)
    if (last?.multi !== true) for (const name of names.slice(given.length)) text += `${name} = undefined; `
    return text
  }
}

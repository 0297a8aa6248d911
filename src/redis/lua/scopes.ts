import type { Prototype, Site } from './values.ts'
import type { Words } from './words.ts'

interface Local {
  readonly name: string
  readonly id: string
  readonly of: FunctionState
}

export interface FunctionState {
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

/** The functions of a chunk under way, one in another, with their locals, temporaries and call sites. */
export class Scopes {
  readonly prototypes: Prototype[] = []
  /** The function that is being compiled. */
  current: FunctionState
  readonly #words: Words
  readonly #name: string
  readonly #chunk: string
  #scope: Local[] = []
  #ids = 0
  #levels = 0

  constructor(words: Words, name: string, chunk: string) {
    this.#words = words
    this.#name = name
    this.#chunk = chunk
    this.current = this.newFunction(0, true)
  }

  newId(): number {
    return this.#ids++
  }

  /** The local of this name that is seen here; undefined: it is a global. */
  find(name: string): Local | undefined {
    const found = this.#scope.findLast((one) => one.name === name)
    if (found === undefined) return undefined
    for (
      let state: FunctionState | undefined = this.current;
      state !== undefined && state !== found.of;
      state = state.up
    ) {
      state.upvalues.add(found.id)
      this.#limit(state.upvalues.size, MAX_UPVALUES, 'upvalues', state)
    }
    return found
  }

  newFunction(line: number, vararg: boolean, up?: FunctionState): FunctionState {
    const number = this.prototypes.length
    const sites: Site[] = []
    this.prototypes.push({ source: this.#name, chunk: this.#chunk, sites })
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

  functionText(state: FunctionState, parameters: readonly string[], body: string): string {
    const names = [...parameters, ...(state.vararg ? ['...A'] : [])].join(', ')
    const temps = Array.from({ length: state.mostTemps }, (_, at) => `t${at}`).join(', ')
    return `new Fn(null, function* (${names}) { const F = M.enter(P[${state.number}]); if (--M.fuel < 0) yield* M.tick(F);
${temps === '' ? '' : `let ${temps};\n`}${body}return N }, true)`
  }

  #limit(count: number, most: number, what: string, state: FunctionState): void {
    if (count <= most) return
    const where = state.line === 0 ? 'main function' : `function at line ${state.line}`
    this.#words.failNear(`${where} has more than ${most} ${what}`, undefined, this.#words.token.line)
  }

  declare(name: string): string {
    this.current.locals++
    this.#limit(this.current.locals, MAX_LOCALS, 'local variables', this.current)
    const id = `L${this.newId()}`
    this.#scope.push({ name, id, of: this.current })
    return id
  }

  /** Runs `body` in a scope of its own. */
  scoped<T>(body: () => T): T {
    const [depth, locals] = [this.#scope.length, this.current.locals]
    const result = body()
    this.#scope.length = depth
    this.current.locals = locals
    return result
  }

  temp(): string {
    const at = this.current.temps++
    this.current.mostTemps = Math.max(this.current.mostTemps, this.current.temps)
    return `t${at}`
  }

  site(line: number, about?: Pick<Site, 'kind' | 'name'>): number {
    this.current.sites.push({ line, kind: about?.kind ?? '', name: about?.name ?? '' })
    return this.current.sites.length - 1
  }

  nested<T>(body: () => T): T {
    if (++this.#levels > MAX_LEVELS)
      this.#words.failNear('chunk has too many syntax levels', undefined, this.#words.token.line)
    const result = body()
    this.#levels--
    return result
  }
}

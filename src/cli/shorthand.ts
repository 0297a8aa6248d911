/**
 * aws-cli's shorthand: `Key=a,Value=b`, `A=x,y` and `A=[x,y]` for lists, `A={B=c}` for structures, quotes, `\,`.
 * Pure; everything is a string, a list or an object until the model gives it a type.
 */

export type Shorthand = string | readonly Shorthand[] | { readonly [key: string]: Shorthand }

export class ShorthandError extends Error {
  override readonly name = 'ShorthandError'
}

// What a plain word may start with, and how it may go on: in the first value of a key `=` is allowed ("a=b=c"), after
// a comma it isn't, because `,word=` begins the next key.
const FIRST_VALUE = /(?:\\,|[^\s"',=[{])(?:\\,|[^"',\]}])*/y
const NEXT_VALUE = /(?:\\,|[^\s"',=[{])(?:\\,|[^"',=])*/y
const SINGLE_QUOTED = /'(?:\\\\|\\'|[^'])*'/y
const DOUBLE_QUOTED = /"(?:\\\\|\\"|[^"])*"/y
const KEY = /[A-Za-z0-9\-_.#/:]+/y
const SPACE = /\s*/y

/** Reads the value of `key@=file://...`; the caller brings the file system. */
export type ReadParamfile = (value: string) => string

/** Throws {@link ShorthandError}, which shows the text and points at the place. */
export function parseShorthand(text: string, readParamfile?: ReadParamfile): { readonly [key: string]: Shorthand } {
  return new Reader(text, readParamfile).parameter()
}

class Reader {
  readonly #text: string
  readonly #readParamfile: ReadParamfile | undefined
  #at = 0

  constructor(text: string, readParamfile: ReadParamfile | undefined) {
    this.#text = text
    this.#readParamfile = readParamfile
  }

  parameter(): Record<string, Shorthand> {
    const found: Record<string, Shorthand> = Object.create(null)
    do {
      const start = this.#at
      const [key, value] = this.#pair(() => this.#values())
      if (key in found) this.#fail(`the key "${key}" is given twice`, start)
      found[key] = value
    } while (this.#at < this.#text.length && this.#separator())
    return { ...found }
  }

  #pair(readValue: () => Shorthand): [string, Shorthand] {
    const key = this.#match(KEY)
    if (!key) this.#fail('a key is expected here')
    this.#skipSpace()
    const fromFile = this.#current() === '@'
    if (fromFile) this.#at += 1
    this.#expect('=')
    const value = readValue()
    return [key, fromFile && typeof value === 'string' && this.#readParamfile ? this.#readParamfile(value) : value]
  }

  #values(): Shorthand {
    if (this.#at >= this.#text.length) return ''
    return this.#bracketed() ?? this.#commaList()
  }

  #bracketed(): Shorthand | undefined {
    if (this.#current() === '[') return this.#list()
    if (this.#current() === '{') return this.#object()
    return undefined
  }

  /** One value, or several: `a=b,c=d` ends after b, `a=b,c` is a list of two. */
  #commaList(): Shorthand {
    const first = this.#word(FIRST_VALUE)
    const values = [first]
    for (;;) {
      this.#skipSpace()
      if (this.#current() !== ',') break
      const comma = this.#at
      this.#separator()
      const next = this.#quoted() ?? this.#plain(NEXT_VALUE)
      this.#skipSpace()
      const ended = this.#at >= this.#text.length
      if (next === undefined && ended) this.#fail('a value is expected here')
      if (next === undefined || !(ended || this.#current() === ',')) {
        this.#at = comma
        break
      }
      values.push(next)
    }
    return values.length === 1 ? first : values
  }

  #list(): Shorthand[] {
    const items: Shorthand[] = []
    this.#inside('[', ']', () => items.push(this.#item()))
    return items
  }

  #object(): Record<string, Shorthand> {
    const found: Record<string, Shorthand> = Object.create(null)
    this.#inside('{', '}', () => {
      const start = this.#at
      const [key, value] = this.#pair(() => this.#item())
      if (key in found) this.#fail(`the key "${key}" is given twice`, start)
      found[key] = value
    })
    return { ...found }
  }

  #inside(open: string, close: string, readOne: () => void): void {
    this.#expect(open)
    while (this.#current() !== close) {
      if (this.#at >= this.#text.length) this.#fail(`"${close}" is missing`)
      const before = this.#at
      readOne()
      this.#skipSpace()
      if (this.#current() !== close) this.#expect(',')
      if (this.#at === before) this.#fail('a value is expected here')
    }
    this.#at += 1
    this.#skipSpace()
  }

  #item(): Shorthand {
    return this.#bracketed() ?? this.#word(FIRST_VALUE)
  }

  #word(plain: RegExp): string {
    return this.#quoted() ?? this.#plain(plain) ?? ''
  }

  #plain(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.replaceAll('\\,', ',').trimEnd()
  }

  #quoted(): string | undefined {
    const quote = this.#current()
    if (quote !== "'" && quote !== '"') return undefined
    const start = this.#at
    const raw = this.#match(quote === "'" ? SINGLE_QUOTED : DOUBLE_QUOTED)
    if (raw === undefined) this.#fail(`the closing ${quote} is missing`, start)
    return raw.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll('\\\\', '\\')
  }

  #separator(): true {
    this.#expect(',')
    return true
  }

  #expect(character: string): void {
    this.#skipSpace()
    if (this.#current() !== character) this.#fail(`"${character}" is expected here`)
    this.#at += 1
    this.#skipSpace()
  }

  #skipSpace(): void {
    this.#match(SPACE)
  }

  #current(): string | undefined {
    return this.#text[this.#at]
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #fail(reason: string, at = this.#at): never {
    throw new ShorthandError(`${reason}:\n${this.#text}\n${' '.repeat(at)}^`)
  }
}

/**
 * aws-cli's shorthand: `Key=a,Value=b`, `A=x,y` and `A=[x,y]` for lists, `A={B=c}` for structures, quotes, `\,`.
 * Its messages are aws-cli's. Pure; everything is a string, a list or an object until the model gives it a type.
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
  /** Whether the value of the key at hand was written `key@=`. */
  #fromFile = false

  constructor(text: string, readParamfile: ReadParamfile | undefined) {
    this.#text = text
    this.#readParamfile = readParamfile
  }

  parameter(): Record<string, Shorthand> {
    const found: Record<string, Shorthand> = Object.create(null)
    let end = 0
    do {
      const [key, value] = this.#pair(() => this.#values())
      if (key in found) this.#failTwice(key, end + 1)
      found[key] = value
      end = this.#at
    } while (this.#at < this.#text.length && this.#separator())
    return { ...found }
  }

  #pair(readValue: () => Shorthand): [string, Shorthand] {
    const key = this.#match(KEY) ?? ''
    this.#skipSpace()
    this.#fromFile = this.#current() === '@'
    if (this.#fromFile) this.#at += 1
    this.#expect('=')
    return [key, readValue()]
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
    this.#skipSpace()
    if (this.#current() !== ',') return first
    const values = [first]
    let comma = this.#at
    this.#separator()
    for (;;) {
      const next = this.#quoted() ?? this.#plain(NEXT_VALUE)
      this.#skipSpace()
      const ended = this.#at >= this.#text.length
      if (next === undefined && ended) this.#failAt('<second>', '<none>')
      if (next === undefined || !(ended || this.#current() === ',')) break
      values.push(next)
      if (ended) return values
      comma = this.#at
      this.#separator()
    }
    // What stands behind the comma is the next key.
    this.#at = comma
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
      const [key, value] = this.#pair(() => this.#item())
      found[key] = value
    })
    return { ...found }
  }

  #inside(open: string, close: string, readOne: () => void): void {
    this.#expect(open)
    while (this.#current() !== close) {
      readOne()
      this.#skipSpace()
      if (this.#current() !== close) this.#expect(',')
    }
    this.#at += 1
  }

  #item(): Shorthand {
    return this.#bracketed() ?? this.#word(FIRST_VALUE)
  }

  #word(plain: RegExp): string {
    return this.#quoted() ?? this.#plain(plain) ?? ''
  }

  #plain(pattern: RegExp): string | undefined {
    const word = this.#match(pattern)?.replaceAll('\\,', ',').trimEnd()
    return word === undefined ? undefined : this.#resolved(word)
  }

  #quoted(): string | undefined {
    const quote = this.#current()
    if (quote !== "'" && quote !== '"') return undefined
    const raw = this.#match(quote === "'" ? SINGLE_QUOTED : DOUBLE_QUOTED)
    if (raw === undefined) this.#failAt(quote === "'" ? '<singled quoted>' : '<double quoted>', '<none>')
    return this.#resolved(raw.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll('\\\\', '\\'))
  }

  #resolved(word: string): string {
    return this.#fromFile && this.#readParamfile ? this.#readParamfile(word) : word
  }

  #separator(): true {
    this.#expect(',')
    return true
  }

  #expect(character: string): void {
    this.#skipSpace()
    if (this.#current() !== character) this.#failAt(character, this.#current() ?? 'EOF')
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

  #failAt(expected: string, received: string): never {
    throw new ShorthandError(`Expected: '${expected}', received: '${received}' for input:\n${this.#pointed(this.#at)}`)
  }

  #failTwice(key: string, at: number): never {
    const cause = 'This is often because there is a preceding "," instead of a space.'
    throw new ShorthandError(`Second instance of key "${key}" encountered for input:\n${this.#pointed(at)}\n${cause}`)
  }

  /** The text with a caret under the place, which may be on any of its lines. */
  #pointed(at: number): string {
    const lineEnd = this.#text.indexOf('\n', at)
    const end = lineEnd === -1 ? this.#text.length : lineEnd
    const column = at - (this.#text.lastIndexOf('\n', at - 1) + 1)
    return `${this.#text.slice(0, end)}\n${' '.repeat(column)}^${this.#text.slice(end)}`
  }
}

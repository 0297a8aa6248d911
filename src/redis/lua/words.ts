import { Lexer, type Token } from './lexer.ts'

/** The words of a source, read with one to look ahead. */
export class Words {
  readonly #lexer: Lexer
  token: Token
  #ahead: Token | undefined
  /** Line of the word before. */
  last = 1

  constructor(source: string, chunk: string) {
    this.#lexer = new Lexer(source, chunk)
    this.token = this.#lexer.next()
  }

  advance(): Token {
    const token = this.token
    this.last = token.line
    this.token = this.#ahead ?? this.#lexer.next()
    this.#ahead = undefined
    return token
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  is(type: string): boolean {
    return this.token.type === type
  }

  accept(type: string): boolean {
    if (this.token.type !== type) return false
    this.advance()
    return true
  }

  expect(type: string): Token {
    if (this.token.type !== type) this.fail(`'${type}' expected`)
    return this.advance()
  }

  expectMatch(what: string, opener: string, line: number): void {
    if (this.token.type === what) this.advance()
    else if (line === this.token.line) this.fail(`'${what}' expected`)
    else this.fail(`'${what}' expected (to close '${opener}' at line ${line})`)
  }

  /** Says that the word that comes is wrong. */
  fail(message: string): never {
    return this.#lexer.fail(message, this.token.text || undefined, this.token.line)
  }

  failNear(message: string, near: string | undefined, line: number): never {
    return this.#lexer.fail(message, near, line)
  }
}

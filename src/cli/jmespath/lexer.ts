import { pythonText } from '../output/python-text.ts'
import { type JsonError, parsePython } from '../python-json.ts'
import { badToken, JmespathError } from './errors.ts'

export type TokenType =
  | 'dot'
  | 'star'
  | 'rbracket'
  | 'comma'
  | 'colon'
  | 'current'
  | 'lparen'
  | 'rparen'
  | 'lbrace'
  | 'rbrace'
  | 'unquoted_identifier'
  | 'quoted_identifier'
  | 'flatten'
  | 'filter'
  | 'lbracket'
  | 'literal'
  | 'number'
  | 'or'
  | 'pipe'
  | 'and'
  | 'expref'
  | 'lte'
  | 'lt'
  | 'gte'
  | 'gt'
  | 'ne'
  | 'not'
  | 'eq'
  | 'eof'

export interface Token {
  readonly type: TokenType
  /** As written, or the name of a quoted identifier: what messages show. */
  readonly text: string
  /** Of a literal or a number. */
  readonly value: unknown
  readonly start: number
}

/** Longest first: `||` before `|`. */
const SIGNS: readonly (readonly [string, TokenType])[] = [
  ['[]', 'flatten'],
  ['[?', 'filter'],
  ['||', 'or'],
  ['&&', 'and'],
  ['<=', 'lte'],
  ['>=', 'gte'],
  ['!=', 'ne'],
  ['==', 'eq'],
  ['.', 'dot'],
  ['*', 'star'],
  [']', 'rbracket'],
  [',', 'comma'],
  [':', 'colon'],
  ['@', 'current'],
  ['(', 'lparen'],
  [')', 'rparen'],
  ['{', 'lbrace'],
  ['}', 'rbrace'],
  ['[', 'lbracket'],
  ['|', 'pipe'],
  ['&', 'expref'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['!', 'not'],
]

const SPACE = /[ \t\n\r]+/y
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /-?\d+/y
const QUOTED = /(["'`])((?:\\[\s\S]|(?!\1)[^\\])*)\1/y

/** Ends with an `eof` token. Throws {@link JmespathError}. */
export function tokenize(expression: string): Token[] {
  if (expression === '') throw new JmespathError('Invalid JMESPath expression: cannot be empty.')
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(expression)
  }
  const add = (type: TokenType, text: string, length: number, value?: unknown) => {
    tokens.push({ type, text, value, start: at })
    at += length
  }
  while (at < expression.length) {
    const space = match(SPACE)
    if (space) {
      at += space[0].length
      continue
    }
    const word = match(IDENTIFIER)?.[0]
    const digits = match(NUMBER)?.[0]
    const quoted = match(QUOTED)
    const sign = SIGNS.find(([text]) => expression.startsWith(text, at))
    if (word !== undefined) add('unquoted_identifier', word, word.length)
    else if (digits !== undefined) add('number', digits, digits.length, Number(digits))
    else if (quoted) {
      const [whole, quote, inside = ''] = quoted
      if (quote === '"') add('quoted_identifier', identifier(expression, at, whole), whole.length)
      else {
        const value = quote === "'" ? inside.replaceAll("\\'", "'") : literal(expression, at, inside)
        add('literal', pythonText(value), whole.length, value)
      }
    } else if (sign) add(sign[1], sign[0], sign[0].length)
    else refuse(expression, at)
  }
  add('eof', '', 0)
  return tokens
}

function refuse(expression: string, at: number): never {
  const character = expression[at] as string
  if (`"'\``.includes(character)) throw badToken(expression, at, `Unclosed ${character} delimiter`)
  throw badToken(expression, at, `Unknown token ${'-='.includes(character) ? `'${character}'` : character}`)
}

function identifier(expression: string, at: number, quoted: string): string {
  try {
    return parsePython(quoted) as string
  } catch (error) {
    throw badToken(expression, at, (error as JsonError).message.split(':', 1)[0] as string)
  }
}

/** JSON; what isn't JSON is text, as it was in the language's first days and still is in people's scripts. */
function literal(expression: string, at: number, inside: string): unknown {
  const text = inside.replaceAll('\\`', '`')
  for (const candidate of [text, `"${text.trimStart()}"`]) {
    try {
      return parsePython(candidate)
    } catch {
      // The next way of reading it, then.
    }
  }
  throw badToken(expression, at, `Bad token ${text}`)
}

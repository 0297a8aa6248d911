import type { JSONValue } from '@jmespath-community/jmespath'
import { errorMessage } from '../../api/thrown.ts'
import { Problem, usageProblem } from '../problem.ts'
import { parsePython } from '../python/json.ts'
import { changed } from './plain-numbers.ts'
import { Float, floatText } from './python-text.ts'
import { type ORDERS, PLAIN, pythonFunctions, WHOLE } from './query-functions.ts'

export type Pick = (answer: unknown) => unknown

/**
 * `--query`: what is printed of an answer. Compiled before the call is made, so that a typo costs nothing. The language
 * is loaded only when there is an expression.
 */
export async function compileQuery(expression: string | undefined): Promise<Pick> {
  if (expression === undefined) return (answer) => answer
  if (expression === '') throw usageProblem('Bad value for --query : Invalid JMESPath expression: cannot be empty.')
  const library = await import('@jmespath-community/jmespath')
  const { compile, TreeInterpreter } = library
  pythonFunctions(library)
  const compiled = explained(
    // `word` for "word": old, and in aws-cli's examples.
    () => {
      refuseSlips(expression)
      return inPython(compile(withMarkedFloats(expression), { enable_legacy_literals: true }))
    },
    (reason) => usageProblem(`Bad value for --query ${expression}: ${reason}`),
  )
  return (answer) =>
    explained(
      () => printable(TreeInterpreter.search(compiled, answer as JSONValue)), // what a printer prints is JSON, and Floats
      (reason) => new Problem('general', reason),
    )
}

/** `&name` is for functions, such as sort_by; aws-cli stumbles when it has to print one. */
function printable(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || result instanceof Float) return result
  if ('expref' in result && 'type' in result) throw new Error('Encountered unrecognized type in JSON encoder.')
  return changed(result, printable)
}

/**
 * The same expression in nodes that the library reads as Python would: what looks at values, where the others pass them
 * on, sees plain numbers; signs of order, which the library has for numbers alone, are functions.
 */
function inPython<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node
  const inner = changed(node, inPython) as Nodes // an object or a list, as the node is
  return rewritten(inner) as T // the same expression in other nodes of the library's
}

type Nodes = Readonly<Record<string, unknown>>

const SIGNS: Readonly<Record<string, keyof typeof ORDERS>> = { LT: '<', LTE: '<=', GT: '>', GTE: '>=' }

const called = (name: string, ...children: unknown[]) => ({ type: 'Function', name, children })
const plain = (node: unknown) => called(PLAIN, node)

function rewritten(node: Nodes): unknown {
  const { left, right } = node
  switch (node.type) {
    case 'Literal':
      return { ...node, value: unmarked(node.value) }
    case 'Comparator': {
      const sign = SIGNS[String(node.name)]
      return sign ? called(sign, plain(left), plain(right)) : { ...node, left: plain(left), right: plain(right) }
    }
    case 'FilterProjection':
      return { ...node, condition: plain(node.condition) }
    case 'NotExpression':
      return { ...node, child: plain(node.child) }
    case 'OrExpression':
      return { type: 'Ternary', condition: plain(left), trueExpr: left, falseExpr: right }
    case 'AndExpression':
      return { type: 'Ternary', condition: plain(left), trueExpr: right, falseExpr: left }
    case 'Function': {
      if (TAKES_FLOATS.has(String(node.name))) return node
      // As the library's own nodes of functions have them.
      const children = (node.children as Nodes[]).map((child) =>
        child.type === 'ExpressionReference' ? child : plain(child),
      )
      return called(WHOLE, { ...node, children })
    }
    default:
      return node
  }
}

/** Functions that pass values on, and those of query-functions.ts that know a {@link Float}. */
const TAKES_FLOATS = new Set(
  'abs avg contains map max max_by merge min min_by not_null reverse sort sort_by sum to_array to_number to_string values'.split(
    ' ',
  ),
)

/** Of `'text'`, `"name"` and `` `literal` `` the last, whatever they hold of each other. */
const QUOTED = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`((?:\\.|[^`\\])*)`/gs

/** What the library takes in its stride: a quote without its end, and `=` for `==`. */
function refuseSlips(expression: string): void {
  const bare = expression.replace(QUOTED, (text) => ' '.repeat(text.length))
  const [, before = '', slip = ''] = /^(.*?)(['"`]|(?<![=!<>])=(?!=))/s.exec(bare) ?? []
  if (slip === '') return
  const complaint = slip === '=' ? "Unknown token '='" : `Unclosed ${slip} delimiter`
  throw new Error(`Bad jmespath expression: ${complaint}:\n${expression}\n${' '.repeat(before.length)}^`)
}

const MARK = 'float \u0000'

/** The library reads literals as JavaScript does, where 1.0 is 1: such numbers go through it as marked texts. */
const withMarkedFloats = (expression: string): string =>
  expression.replace(QUOTED, (whole, literal?: string) => {
    if (literal === undefined || !/\d[.eE]/.test(literal)) return whole
    try {
      return `\`${JSON.stringify(marked(parsePython(literal.replaceAll('\\`', '`')))).replaceAll('`', '\\`')}\``
    } catch {
      // The library refuses what is no literal.
      return whole
    }
  })

function marked(value: unknown): unknown {
  if (value instanceof Float) return `${MARK}${floatText(value.value)}`
  return typeof value === 'object' && value !== null ? changed(value, marked) : value
}

function unmarked(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) return new Float(floatOf(value.slice(MARK.length)))
  return typeof value === 'object' && value !== null ? changed(value, unmarked) : value
}

/** A number can be too large: to Python it is then without end. */
const floatOf = (text: string): number => (/inf/.test(text) ? Number(text.replace('inf', 'Infinity')) : Number(text))

function explained<T>(attempt: () => T, problem: (reason: string) => Problem): T {
  try {
    return attempt()
  } catch (error) {
    throw problem(inUsersWords(errorMessage(error)))
  }
}

/** The library names the tokens of its parser; a user has typed characters, or has not. */
function inUsersWords(reason: string): string {
  const [, wanted, got] = /^Syntax error: (?:expected|expecting) (?:a |an )?(\w+).*?, got: (\w+)$/.exec(reason) ?? []
  if (wanted !== undefined && got !== undefined) {
    if (got === END) return 'the expression ends too early.'
    return `expected ${spelling(wanted)}, and found ${spelling(got)}.`
  }
  const [, value, token] = /^Syntax error[,:] unexpected token(?: type)?: (.*)\((\w+)\)$/s.exec(reason) ?? []
  const [, type] = /^Syntax error: (?:unexpected token type: |invalid token \()(\w+)/.exec(reason) ?? []
  if ((token ?? type) === END) return 'the expression ends too early.'
  if (token !== undefined) return `${value} is not expected there.`
  if (type !== undefined) return `${spelling(type)} is not expected there.`
  return inPythonsWords(reason.replace(/^Syntax error[,:] /, ''))
}

const END = 'EOF'

/** What stands for the library's tokens in an expression. */
const SPELLINGS: Readonly<Record<string, string>> = {
  Rbracket: ']',
  Lbracket: '[',
  Rbrace: '}',
  Lbrace: '{',
  Rparen: ')',
  Lparen: '(',
  Star: '*',
  Dot: '.',
  Comma: ',',
  Colon: ':',
  Pipe: '|',
  Or: '||',
  And: '&&',
  Not: '!',
  EQ: '==',
  NE: '!=',
  Flatten: '[]',
  Filter: '[?',
  Expref: '&',
  Root: '$',
  Current: '@',
  ...SIGNS,
}

const KINDS: Readonly<Record<string, string>> = {
  UnquotedIdentifier: 'a name',
  QuotedIdentifier: 'a name in quotes',
  Field: 'a name',
  identifier: 'a name',
  Number: 'a number',
  Literal: 'a value',
}

const spelling = (token: string): string => KINDS[token] ?? (SPELLINGS[token] ? `'${SPELLINGS[token]}'` : token)

/** What Python's jmespath says of a wrong number of arguments. */
function inPythonsWords(reason: string): string {
  const found = /^Invalid arity: (\w+)\(\) takes (?:at least )?(\d+) arguments? but received (\d+)$/.exec(reason)
  if (!found) return reason
  const [, name = '', count, received] = found
  const least = name === 'not_null' || name === 'merge' ? 'at least ' : ''
  return `Expected ${least}${count} argument${count === '1' ? '' : 's'} for function ${name}(), received ${received}`
}

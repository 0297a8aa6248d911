/**
 * Small wrong changes to a source file, and the file with all of them in it, each behind a switch: `__mutant(7) ? wrong : right`.
 * Tests then judge one change after the other without a file being written or compiled again.
 */
import { parseSync } from 'oxc-parser'
import { isObject } from '../../api/objects.ts'

export interface Mutant {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly line: number
  /** The source line it starts in, without its indent: with `change` it tells the mutant from all others. */
  readonly context: string
  /** `size > 3  ->  size >= 3` */
  readonly change: string
  readonly replacement: string
  readonly isStatement: boolean
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

/** A member of a node that has a node there. */
const at = (node: Node, member: string): Node => node[member] as Node // by the type of the node, which was looked at

/** Replacements of one node; the source text of a node is `text(node)`. */
type Operator = (node: Node, parents: readonly Node[], text: (node: Node) => string) => readonly string[]

const BOUNDS = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
])
const COMPARISONS = new Set([...BOUNDS.keys(), '===', '!==', '==', '!=', 'in', 'instanceof'])
const ARITHMETIC = new Map([
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['%', '*'],
  ['**', '*'],
  ['&', '|'],
  ['|', '&'],
  ['^', '&'],
  ['<<', '>>'],
  ['>>', '<<'],
  ['>>>', '<<'],
])
const ASSIGNMENTS = new Map([
  ['+=', '-='],
  ['-=', '+='],
  ['*=', '/='],
  ['|=', '&='],
  ['&=', '|='],
])
const LEFT_OUT = new Set(
  'trim toLowerCase toUpperCase sort toSorted reverse toReversed filter slice subarray'.split(' '),
)
const SWAPPED = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['min', 'max'],
  ['max', 'min'],
])
/** Wrappers of TypeScript that hold an expression; all its other nodes are types, which no test can see. */
const TYPED_EXPRESSIONS = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])

const isComparison = (node: Node) => node.type === 'BinaryExpression' && COMPARISONS.has(String(node.operator))
const isBoolean = (node: Node) => isComparison(node) || (node.type === 'UnaryExpression' && node.operator === '!')
const isText = (node: Node): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && (isText(at(node, 'left')) || isText(at(node, 'right'))))

const isTestOf = (node: Node, parent: Node | undefined) => parent?.test === node && parent.type !== 'SwitchCase'

const condition: Operator = (node, [parent]) => {
  if (isTestOf(node, parent)) {
    const mayRun = parent?.type === 'IfStatement' || parent?.type === 'ConditionalExpression'
    return mayRun ? ['true', 'false'] : ['false']
  }
  // Operands of `&&` and `||` are dropped one by one, which says more.
  return isBoolean(node) && parent?.type !== 'LogicalExpression' && parent?.operator !== '!' ? ['true', 'false'] : []
}

const operand: Operator = (node, _, text) =>
  node.type === 'LogicalExpression' ? [text(at(node, 'left')), text(at(node, 'right'))] : []

const operator: Operator = (node, _, text) => {
  if (node.type !== 'BinaryExpression' && node.type !== 'AssignmentExpression') return []
  const [left, right, sign] = [at(node, 'left'), at(node, 'right'), String(node.operator)]
  const other =
    node.type === 'AssignmentExpression' ? ASSIGNMENTS.get(sign) : (BOUNDS.get(sign) ?? ARITHMETIC.get(sign))
  return other === undefined || isText(left) || isText(right) ? [] : [`${text(left)} ${other} ${text(right)}`]
}

const sign: Operator = (node, _, text) => {
  if (node.type === 'UpdateExpression') {
    const other = node.operator === '++' ? '--' : '++'
    const counted = text(at(node, 'argument'))
    return [node.prefix ? other + counted : counted + other]
  }
  return node.type === 'UnaryExpression' && (node.operator === '-' || node.operator === '~')
    ? [text(at(node, 'argument'))]
    : []
}

/** A member of a table at the top of a module: data, of which a test could only say the same once more. */
const isInTable = (parents: readonly Node[]): boolean =>
  parents[0]?.type === 'Property' && !parents.some(({ type }) => /Function|Class/.test(type))

const literal: Operator = (node, parents, text) => {
  const [parent] = parents
  if (node.type !== 'Literal') return []
  if (typeof node.value === 'boolean') return [String(!node.value)]
  if (typeof node.value === 'number')
    return parent?.operator === '-' || isInTable(parents) ? [] : [String(node.value + 1)]
  if (typeof node.value === 'bigint') return [`${node.value + 1n}n`]
  if (!node.regex) return []
  const whole = text(node)
  return [whole.replace(/^\/\^/, '/'), whole.replace(/\$(\/[a-z]*)$/, '$1')].filter((other) => other !== whole)
}

const call: Operator = (node, [parent], text) => {
  if (node.type !== 'CallExpression') return []
  const callee = at(node, 'callee')
  if (callee.type !== 'MemberExpression' || callee.computed) return []
  // A link within `a?.b().c()` can't be put in brackets without ending the chain there.
  if (text(node).includes('?.') && parent?.type !== 'ChainExpression') return []
  const [object, property] = [at(callee, 'object'), at(callee, 'property')]
  const name = String(property.name)
  if (LEFT_OUT.has(name)) return [text(object)]
  const other = SWAPPED.get(name)
  return other === undefined ? [] : [`${text(object)}.${other}${text(node).slice(property.end - node.start)}`]
}

const switchCase: Operator = (node, [parent]) =>
  parent?.type === 'SwitchCase' && parent.test === node ? ['Symbol()'] : []

const statement: Operator = (node, [parent]) => {
  if (parent?.type !== 'ExpressionStatement' || parent.directive) return []
  return node.type === 'CallExpression' && at(node, 'callee').type === 'Super' ? [] : [REMOVED]
}

const REMOVED = 'void 0'
const OPERATORS: readonly Operator[] = [condition, operand, operator, sign, literal, call, switchCase, statement]

export function mutantsOf(file: string, source: string): Mutant[] {
  const mutants: Mutant[] = []
  const text = (node: Node) => source.slice(node.start, node.end)
  const visit = (node: Node, parents: readonly Node[]): void => {
    if (node.type.startsWith('TS') && !TYPED_EXPRESSIONS.has(node.type)) return
    if (node.type === 'ImportDeclaration') return
    for (const replacement of new Set(OPERATORS.flatMap((mutate) => mutate(node, parents, text))))
      if (replacement !== text(node)) mutants.push(mutant(file, source, node, replacement, parents[0]))
    for (const child of children(node)) visit(child, [node, ...parents])
  }
  visit(parseSync(file, source).program as unknown as Node, []) // each of oxc's types of nodes has these members
  return mutants
}

function mutant(file: string, source: string, { start, end }: Node, replacement: string, parent?: Node): Mutant {
  const before = source.slice(0, start)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = source.indexOf('\n', start)
  return {
    file,
    start,
    end,
    line: before.split('\n').length,
    context: source.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).trim(),
    change: `${onOneLine(source.slice(start, end))}  ->  ${onOneLine(replacement)}`,
    replacement,
    isStatement: parent?.type === 'ExpressionStatement',
  }
}

function onOneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= 60 ? line : `${line.slice(0, 40)} … ${line.slice(-17)}`
}

function children(node: Node): Node[] {
  const isKey = (name: string) => name === 'key' && !node.computed
  return Object.entries(node)
    .filter(([name]) => !isKey(name))
    .flatMap(([, member]) => member)
    .filter((member): member is Node => isObject(member) && typeof member.type === 'string')
}

/** @param mutants Those of this source. @param first The number of the first of them; the others follow it. */
export function withSwitches(source: string, mutants: readonly Mutant[], first: number): string {
  const numbered = mutants.map((mutant, index) => ({ ...mutant, number: first + index }))
  numbered.sort((a, b) => a.start - b.start || b.end - a.end)
  let next = 0
  const render = (start: number, end: number): string => {
    let result = ''
    let at = start
    for (let head = numbered[next]; head && head.start < end; head = numbered[next]) {
      const same = numbered.filter((other) => other.start === head.start && other.end === head.end)
      next += same.length
      const switches = same.map(({ number, replacement }) => `__mutant(${number})?(${replacement}):`).join('')
      const body = `${switches}(${render(head.start, head.end)})`
      // A line that starts with a bracket would continue the one before it.
      result += source.slice(at, head.start) + (head.isStatement ? body : `(${body})`)
      at = head.end
    }
    return result + source.slice(at, end)
  }
  return render(0, source.length)
}

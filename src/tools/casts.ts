/** Finds casts that do not say why they hold. */
import { parseSync, Visitor } from 'oxc-parser'

/** A cast without a reason: its line, counted from 1, and its text. */
export interface BareCast {
  readonly line: number
  readonly text: string
}

interface Span {
  readonly start: number
  readonly end: number
}

interface Cast extends Span {
  /** Offset of its `as` or `!`. */
  readonly operator: number
  /** The innermost statement or member that it is in. */
  readonly holder: Span
}

/**
 * The casts of a TypeScript file (`x as T`, `x!`; not `as const`, nor `as unknown`, which claims nothing) without a reason, in the
 * order of their lines. A reason is a `//` comment that ends the cast's line, or stands directly above it or its statement. It also
 * serves casts on the lines that follow directly. Pure.
 */
export function bareCasts(path: string, source: string): BareCast[] {
  const { program, comments } = parseSync(path, source)
  const lineAt = lineCounter(source)
  const remarks = new Set(comments.filter(({ type }) => type === 'Line').map(({ start }) => lineAt(start)))
  const reasoned = new Set<number>()
  return castsOf(program, source).flatMap(({ start, end, operator, holder }) => {
    const line = lineAt(operator)
    const places = [line, line - 1, lineAt(end), lineAt(holder.start) - 1]
    const hasReason = places.some((place) => remarks.has(place)) || reasoned.has(line) || reasoned.has(line - 1)
    if (!hasReason) return [{ line, text: source.slice(start, end).replace(/\s+/g, ' ') }]
    reasoned.add(line)
    return []
  })
}

/** The line of an offset, counted from 1. */
function lineCounter(source: string): (offset: number) => number {
  const ends = [...source.matchAll(/\n/g)].map(({ index }) => index)
  return (offset) => 1 + ends.filter((end) => end < offset).length
}

const CLAIMS_NOTHING: readonly string[] = ['const', 'unknown']

/** Every cast that claims something, by the places of their operators. */
function castsOf(program: Parameters<Visitor['visit']>[0], source: string): Cast[] {
  const holders: Span[] = []
  const casts: Cast[] = []
  const found = ({ start, end }: Span, operator: number): void => {
    casts.push({ start, end, operator, holder: holders.at(-1) ?? program })
  }
  const enter = (node: Span): void => void holders.push(node)
  const leave = (): void => void holders.pop()
  new Visitor({
    ExpressionStatement: enter,
    'ExpressionStatement:exit': leave,
    ReturnStatement: enter,
    'ReturnStatement:exit': leave,
    ThrowStatement: enter,
    'ThrowStatement:exit': leave,
    IfStatement: enter,
    'IfStatement:exit': leave,
    ForOfStatement: enter,
    'ForOfStatement:exit': leave,
    VariableDeclaration: enter,
    'VariableDeclaration:exit': leave,
    PropertyDefinition: enter,
    'PropertyDefinition:exit': leave,
    Property: enter,
    'Property:exit': leave,
    TSAsExpression: (cast) => {
      const type = source.slice(cast.typeAnnotation.start, cast.typeAnnotation.end)
      if (!CLAIMS_NOTHING.includes(type)) found(cast, cast.expression.end)
    },
    TSNonNullExpression: (cast) => found(cast, cast.end - 1),
  }).visit(program)
  return casts.sort((a, b) => a.operator - b.operator)
}

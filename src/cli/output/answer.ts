import { type OperationName, operation, structure } from '../../api/model.ts'
import type { Member } from '../../api/shapes.ts'
import { usageProblem } from '../problem.ts'

/**
 * An answer of the SDK -> what is printed of it: members in the model's order, times as aws-cli v2 writes them.
 * Members the model lacks come last, as they are.
 */
export function plainOutput(name: OperationName, output: object): Record<string, unknown> {
  const shape = operation(name).output
  return shape ? plainStructure(output, shape) : {}
}

function plain(value: unknown, member: Member | undefined): unknown {
  if (value instanceof Date) return isoTime(value)
  if (Array.isArray(value)) {
    return value.map((item) => plain(item, member?.kind === 'list' ? member.of : undefined))
  }
  if (typeof value === 'object' && value !== null) {
    return member?.kind === 'structure' ? plainStructure(value, member.shape) : value
  }
  return value
}

function plainStructure(value: object, shape: string): Record<string, unknown> {
  const { members } = structure(shape)
  const given = value as Record<string, unknown>
  const ordered: Record<string, unknown> = {}
  for (const name of [...Object.keys(members), ...Object.keys(given)]) {
    if (name in ordered || given[name] === undefined) continue
    ordered[name] = plain(given[name], members[name])
  }
  return ordered
}

/** Python's `isoformat()` of a UTC time: microseconds, or no fraction at all. */
export function isoTime(date: Date): string {
  const iso = date.toISOString()
  const fraction = iso.slice(20, 23)
  return `${iso.slice(0, 19)}${fraction === '000' ? '' : `.${fraction}000`}+00:00`
}

/** As `json.dump(indent=4)` prints it; nothing at all for an empty answer. */
export function jsonText(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0) return ''
  return `${JSON.stringify(value, null, 4)}\n`
}

const FORMS = ['json', 'text', 'off'] as const

export type Form = (typeof FORMS)[number]

export function formOf(given: unknown): Form {
  const form = FORMS.find((candidate) => candidate === (given ?? 'json'))
  if (form) return form
  throw usageProblem(`argument --output: invalid choice: '${String(given)}' (choose from: ${FORMS.join(', ')})`)
}

// Its published types leave compile() out.
interface Jmespath {
  compile(expression: string): unknown
  search(value: unknown, expression: string): unknown
}

/** `--query`: JMESPath on the whole answer. The library is loaded only when there is an expression. */
export async function compileQuery(expression: string | undefined): Promise<(answer: unknown) => unknown> {
  if (expression === undefined) return (answer) => answer
  const { default: jmespath } = (await import('jmespath')) as unknown as { default: Jmespath }
  try {
    // Compiled before the call is made: a typo must not cost a change.
    jmespath.compile(expression)
  } catch (error) {
    throw usageProblem(`Bad value for --query ${expression}: ${(error as Error).message}`)
  }
  return (answer) => jmespath.search(answer, expression) ?? null
}

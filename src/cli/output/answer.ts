/** An answer of the API -> what is printed of it. */
import { type OperationName, operation, structure } from '../../api/model.ts'
import type { Member } from '../../api/shapes.ts'
import { Problem, usageProblem } from '../problem.ts'
import { Float } from './python-text.ts'
import { isoTime, type TimeText } from './times.ts'

/** Members in the model's order, times as `timeText` writes them. Members the model lacks come last, as they are. */
export function plainOutput(
  name: OperationName,
  output: object,
  timeText: TimeText = isoTime,
): Record<string, unknown> {
  const shape = operation(name).output
  return shape ? plainStructure(output, shape, timeText) : {}
}

function plain(value: unknown, member: Member | undefined, timeText: TimeText): unknown {
  if (typeof value === 'number') return member?.kind === 'number' && member.double ? new Float(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return timeText(value)
  if (Array.isArray(value)) {
    return value.map((item) => plain(item, member?.kind === 'list' ? member.of : undefined, timeText))
  }
  return member?.kind === 'structure' ? plainStructure(value, member.shape, timeText) : value
}

function plainStructure(value: object, shape: string, timeText: TimeText): Record<string, unknown> {
  const { members } = structure(shape)
  const given: Readonly<Record<string, unknown>> = { ...value }
  const ordered: Record<string, unknown> = {}
  for (const name of [...Object.keys(members), ...Object.keys(given)]) {
    if (name in ordered || given[name] === undefined) continue
    ordered[name] = plain(given[name], members[name], timeText)
  }
  return ordered
}

const FORMS = ['json', 'text', 'table', 'yaml', 'yaml-stream', 'off'] as const

export type Form = (typeof FORMS)[number]

/** `asked`: of the option; `configured`: of the environment or the configuration file. */
export function formOf(asked: unknown, configured: string | undefined): Form {
  const given = asked ?? configured ?? 'json'
  const form = FORMS.find((candidate) => candidate === given)
  if (form) return form
  if (asked === undefined) throw new Problem('general', `Unknown output type: ${String(given)}`)
  throw usageProblem(`argument --output: invalid choice: '${String(given)}' (choose from: ${FORMS.join(', ')})`)
}

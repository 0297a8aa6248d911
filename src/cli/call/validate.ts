/** A whole input against the model, with every complaint at once, in botocore's words. */
import { structure } from '../../api/model.ts'
import { isObject } from '../../api/objects.ts'
import type { Member } from '../../api/shapes.ts'
import { Float, pythonText, pythonType } from '../output/python-text.ts'
import { usageProblem } from '../problem.ts'
import { parseTimestamp } from './timestamp.ts'

/** Returns what the SDK takes: times as Dates. Throws a usage {@link Problem} that names all that is wrong. */
export function validInput(shape: string, input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const complaints: string[] = []
  const valid = validStructure(shape, input, '', complaints)
  if (complaints.length > 0) throw usageProblem(`Parameter validation failed:\n${complaints.join('\n')}`)
  return valid
}

/** The same for a part of an input: what it lacks is no complaint. */
export function validMembers(shape: string, part: Readonly<Record<string, unknown>>): void {
  const complaints: string[] = []
  const { required } = structure(shape)
  validStructure(shape, part, '', complaints)
  const own = complaints.filter((text) => !required.some((name) => text === missing('input', name)))
  if (own.length > 0) throw usageProblem(`Parameter validation failed:\n${own.join('\n')}`)
}

const missing = (place: string, name: string): string => `Missing required parameter in ${place}: "${name}"`

function validStructure(
  shape: string,
  given: Readonly<Record<string, unknown>>,
  path: string,
  complaints: string[],
): Record<string, unknown> {
  const { members, required } = structure(shape)
  const place = path === '' ? 'input' : path
  for (const name of required) {
    if (!(name in given)) complaints.push(missing(place, name))
  }
  const known: [string, unknown, Member][] = []
  for (const [name, value] of Object.entries(given)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    const names = () => Object.keys(members).join(', ')
    if (member) known.push([name, value, member])
    else complaints.push(`Unknown parameter in ${place}: "${name}", must be one of: ${names()}`)
  }
  return Object.fromEntries(
    known.map(([name, value, member]) => [
      name,
      valid(value, member, path === '' ? name : `${path}.${name}`, complaints),
    ]),
  )
}

function valid(value: unknown, member: Member, path: string, complaints: string[]): unknown {
  switch (member.kind) {
    case 'structure':
      if (isObject(value) && !(value instanceof Float)) {
        return validStructure(member.shape, value, path, complaints)
      }
      break
    case 'list':
      if (Array.isArray(value)) return value.map((item, at) => valid(item, member.of, `${path}[${at}]`, complaints))
      break
    case 'timestamp': {
      const time = parseTimestamp(value)
      if (time) return time
      break
    }
    case 'number':
      if (typeof value === 'bigint' || Number.isInteger(value) || (member.double && typeof value === 'number'))
        return value
      if (value instanceof Float && member.double) return value.value
      // To Python a truth is a whole number, too, and it is sent as Python writes it.
      if (typeof value === 'boolean') return pythonText(value)
      break
    default:
      if (typeof value === member.kind) return value
  }
  const type = `type: <class '${pythonType(value)}'>, valid types: ${validTypes(member)}`
  complaints.push(`Invalid type for parameter ${path}, value: ${pythonText(value)}, ${type}`)
  return undefined
}

function validTypes(member: Member): string {
  switch (member.kind) {
    case 'string':
      return "<class 'str'>"
    case 'number':
      return member.double ? "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>" : "<class 'int'>"
    case 'boolean':
      return "<class 'bool'>"
    case 'timestamp':
      return "<class 'datetime.datetime'>, timestamp-string"
    case 'list':
      return "<class 'list'>, <class 'tuple'>"
    case 'structure':
      return "<class 'dict'>"
  }
}

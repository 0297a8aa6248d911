/** Between plain values, as JSON and CBOR have them, and those that handlers take and give, by the model. Pure. */
import { Fault } from '../../api/faults.ts'
import { isObject } from '../../api/objects.ts'
import type { Member } from '../../api/shapes.ts'
import { unknownParameter } from '../http/unknown-parameter.ts'
import { MAP_ITEM } from './members.ts'
import { cloudwatch } from './model.ts'

/**
 * The value a member of the model has, typed. Refuses members the model lacks, and values of another kind.
 * @param value For a time a Date, or seconds since 1970.
 */
function readValue(member: Member, value: unknown, path: string): unknown {
  const wrong = (wanted: string) => new Fault('InvalidParameterValue', `The parameter ${path} must be ${wanted}.`)
  switch (member.kind) {
    case 'structure':
      if (!isObject(value) || value instanceof Date) throw wrong('an object')
      return readObject(member.shape, value, path)
    case 'list':
      if (!Array.isArray(value)) throw wrong('a list')
      return value.map((item, index) => readValue(member.of, item, `${path}.member.${index + 1}`))
    case 'string': {
      if (typeof value !== 'string') throw wrong('a string')
      const allowed = member.enum === undefined ? undefined : cloudwatch.enums[member.enum]
      if (allowed && !allowed.includes(value)) throw wrong(`a value in the set [ ${allowed.join(', ')} ]`)
      return value
    }
    case 'number':
      if (member.double && typeof value === 'number' && Number.isFinite(value)) return value
      if (member.double) throw wrong('a number')
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong('an integer')
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong('true or false')
      return value
    case 'timestamp': {
      const time = value instanceof Date ? value : new Date(typeof value === 'number' ? value * 1000 : Number.NaN)
      if (Number.isNaN(time.getTime())) throw wrong('a time')
      return time
    }
  }
}

export function readObject(shape: string, object: Readonly<Record<string, unknown>>, path = ''): object {
  const members = cloudwatch.structures[shape]?.members ?? {}
  const read = Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    const at = path === '' ? name : `${path}.${name}`
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    if (!member) throw unknownParameter(path === '' ? '' : `${path}.`, name, Object.keys(members))
    // Null is a member that is not there.
    return value === null ? [] : [[name, readValue(member, value, at)]]
  })
  return Object.fromEntries(read)
}

/**
 * Lists of entries become the objects they stand for; with `times`, Dates become what the protocol has for them. The value is of
 * the member's kind: an operation of ours answered it.
 */
export function plainValue(member: Member, value: unknown, times: (time: Date) => unknown): unknown {
  switch (member.kind) {
    case 'structure': {
      const members = cloudwatch.structures[member.shape]?.members ?? {}
      return Object.fromEntries(
        Object.entries(members).flatMap(([name, of]): [string, unknown][] => {
          const part = (value as Record<string, unknown>)[name] // of the member's kind, as below
          return part === undefined ? [] : [[name, plainValue(of, part, times)]]
        }),
      )
    }
    case 'list': {
      const items = value as readonly unknown[] // of the member's kind
      if (member.item !== MAP_ITEM) return items.map((item) => plainValue(member.of, item, times))
      return Object.fromEntries(
        // Entries of a map have these two members.
        (items as readonly { key: string; value: unknown }[]).map((entry) => [entry.key, entry.value]),
      )
    }
    case 'timestamp':
      return times(value as Date) // of the member's kind
    default:
      return value
  }
}

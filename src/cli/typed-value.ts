/** Text, JSON or shorthand -> the value a member of the model takes. Collects every error before it gives up. */
import { structure } from '../api/model.ts'
import type { Member } from '../api/shapes.ts'
import { usageProblem } from './problem.ts'
import { parseShorthand, type ReadParamfile, ShorthandError } from './shorthand.ts'

export type Value = string | number | boolean | Date | readonly Value[] | { readonly [name: string]: Value }

/** `texts`: what was given after the option, one element per argument. Throws a usage {@link Problem}. */
export function readOption(option: string, member: Member, texts: readonly string[], readFile: ReadParamfile): Value {
  const raw = untyped(option, member, texts, readFile)
  const complaints: string[] = []
  const value = conform(raw, member, memberPath(option), complaints)
  if (complaints.length > 0) throw usageProblem(`Parameter validation failed:\n${complaints.join('\n')}`)
  return value
}

function untyped(option: string, member: Member, texts: readonly string[], readFile: ReadParamfile): unknown {
  const [only = ''] = texts
  if (member.kind === 'list') {
    if (texts.length === 1 && startsWith(only, '[')) return parseJson(option, only)
    return texts.map((text) => untyped(option, member.of, [text], readFile))
  }
  if (member.kind !== 'structure') return only
  if (startsWith(only, '{')) return parseJson(option, only)
  try {
    return parseShorthand(only, readFile)
  } catch (error) {
    if (!(error instanceof ShorthandError)) throw error
    throw usageProblem(`Error parsing parameter '--${option}': ${error.message}`)
  }
}

const startsWith = (text: string, bracket: string): boolean => text.trimStart().startsWith(bracket)

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw usageProblem(
      `Error parsing parameter '--${option}': Invalid JSON: ${(error as SyntaxError).message}\n${text}`,
    )
  }
}

const memberPath = (option: string): string => `--${option}`

/** Brings `raw` into the form of the member; what does not fit is told in `complaints`, all of it. */
function conform(raw: unknown, member: Member, path: string, complaints: string[]): Value {
  switch (member.kind) {
    case 'string':
      if (typeof raw === 'string') return raw
      // JSON numbers where text is expected are what a person means by `Value=1`.
      if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw)
      break
    case 'number': {
      const number = typeof raw === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(raw) ? Number(raw) : raw
      if (typeof number === 'number') return number
      break
    }
    case 'boolean': {
      const text = typeof raw === 'string' ? raw.toLowerCase() : raw
      if (text === true || text === 'true') return true
      if (text === false || text === 'false') return false
      break
    }
    case 'timestamp': {
      const date = parseTimestamp(raw)
      if (date) return date
      break
    }
    case 'list': {
      // Shorthand has no way to tell a list of one from a scalar.
      const items = Array.isArray(raw) ? raw : typeof raw === 'string' ? [raw] : undefined
      if (items) return items.map((item, index) => conform(item, member.of, `${path}[${index}]`, complaints))
      break
    }
    case 'structure':
      if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
        return conformStructure(raw as Record<string, unknown>, member.shape, path, complaints)
      }
      break
  }
  complaints.push(`Invalid value for ${path}: ${JSON.stringify(raw)}, expected ${EXPECTED[member.kind]}`)
  return ''
}

function conformStructure(raw: Record<string, unknown>, shape: string, path: string, complaints: string[]): Value {
  const { members, required } = structure(shape)
  const names = Object.keys(members).join(', ')
  for (const name of required) {
    if (!(name in raw)) complaints.push(`Missing required parameter in ${path}: "${name}"`)
  }
  return Object.fromEntries(
    Object.entries(raw).flatMap(([name, value]): [string, Value][] => {
      const member = Object.hasOwn(members, name) ? members[name] : undefined
      if (member) return [[name, conform(value, member, `${path}.${name}`, complaints)]]
      complaints.push(`Unknown parameter in ${path}: "${name}", must be one of: ${names}`)
      return []
    }),
  )
}

const EXPECTED: Record<Member['kind'], string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  timestamp: 'a time: 2026-11-20T08:00:00Z, or seconds since 1970',
  list: 'a list',
  structure: 'a structure: Key=value,... or JSON',
}

/** ISO 8601 (a date alone is midnight UTC) or seconds since 1970, as aws-cli reads them. */
function parseTimestamp(raw: unknown): Date | undefined {
  const seconds =
    typeof raw === 'number' ? raw : typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : NaN
  // A time without a zone is UTC to aws-cli, local time to Date.
  const text = typeof raw === 'string' && /T[\d:.]+$/.test(raw) ? `${raw}Z` : raw
  const date = Number.isNaN(seconds) ? new Date(typeof text === 'string' ? text : NaN) : new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? undefined : date
}

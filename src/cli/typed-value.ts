/** Text, JSON or shorthand -> the value a member of the model takes. What it is worth is for validate.ts to say. */
import { structure } from '../api/model.ts'
import type { Member } from '../api/shapes.ts'
import { usageProblem } from './problem.ts'
import { parseShorthand, type ReadParamfile, type Shorthand, ShorthandError } from './shorthand.ts'

/** `texts`: what was given after the option, one element per argument. Throws a usage {@link Problem}. */
export function readOption(option: string, member: Member, texts: readonly string[], readFile: ReadParamfile): unknown {
  const [only = ''] = texts
  switch (member.kind) {
    case 'list':
      if (texts.length === 1 && startsWith(only, '[')) return parseJson(option, only)
      return texts.map((text) => readOption(option, member.of, [text], readFile))
    case 'structure':
      if (startsWith(only, '{') || startsWith(only, '[')) return parseJson(option, only)
      return readShorthand(option, member, only, readFile)
    case 'number':
      return numberOf(option, only, member.double === true)
    case 'boolean':
      return only.toLowerCase() !== 'false'
    default:
      return only
  }
}

const startsWith = (text: string, bracket: string): boolean => text.trimStart().startsWith(bracket)

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = `Invalid JSON: ${(error as SyntaxError).message}\nJSON received: ${text}`
    throw usageProblem(`Error parsing parameter '--${option}': ${reason}`)
  }
}

function numberOf(option: string, text: string, fractions: boolean): number {
  const pattern = fractions ? /^\s*[+-]?\d+(\.\d+)?\s*$/ : /^\s*[+-]?\d+\s*$/
  if (pattern.test(text)) return Number(text)
  throw usageProblem(`argument --${option}: invalid ${fractions ? 'float' : 'int'} value: '${text}'`)
}

function readShorthand(option: string, member: Member, text: string, readFile: ReadParamfile): unknown {
  try {
    return typed(parseShorthand(text, readFile), member, option)
  } catch (error) {
    if (!(error instanceof ShorthandError)) throw error
    throw usageProblem(`Error parsing parameter '--${option}': ${error.message}`)
  }
}

/** Shorthand knows only text: what the model wants as something else is made so. A scalar for a list is a list of one. */
function typed(value: Shorthand, member: Member, option: string): unknown {
  switch (member.kind) {
    case 'list':
      return (isList(value) ? value : [value]).map((item) => typed(item, member.of, option))
    case 'structure': {
      if (typeof value !== 'object' || isList(value)) return value
      const { members } = structure(member.shape)
      const entries = Object.entries(value).map(([name, item]): [string, unknown] => {
        const inner = Object.hasOwn(members, name) ? members[name] : undefined
        return [name, inner ? typed(item, inner, option) : item]
      })
      return Object.fromEntries(entries)
    }
    case 'number':
      return typeof value === 'string' ? numberOf(option, value, member.double === true) : value
    case 'boolean':
      return typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value
    default:
      return value
  }
}

const isList = (value: Shorthand): value is readonly Shorthand[] => Array.isArray(value)

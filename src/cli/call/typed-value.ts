/** Text, JSON or shorthand -> the value a member of the model takes. What it is worth is for validate.ts to say. */
import { structure } from '../../api/model.ts'
import type { Member } from '../../api/shapes.ts'
import { pythonRepr } from '../output/python-text.ts'
import { usageProblem } from '../problem.ts'
import { JsonError, parsePython } from '../python/json.ts'
import { wholeNumber } from '../python/whole-number.ts'
import { type Contents, textOf } from './paramfile.ts'
import { parseShorthand, type ReadParamfile, type Shorthand, ShorthandError } from './shorthand.ts'

/** `given`: what was given after the option, one element per argument. Throws a usage {@link Problem}. */
export function readOption(
  option: string,
  member: Member,
  given: readonly Contents[],
  readFile: ReadParamfile,
): unknown {
  const [only = ''] = given
  switch (member.kind) {
    case 'list':
      return readList(option, member.of, given.map(textOf), readFile)
    case 'structure':
      return readStructure(option, member, textOf(only), looksLikeJson(textOf(only)), readFile)
    case 'number':
      return numberOf(option, textOf(only), member.double === true)
    case 'boolean':
      return textOf(only).toLowerCase() !== 'false'
    default:
      return only
  }
}

/** All of it JSON, or each value by itself; the first one tells whether the structures are shorthand. */
function readList(option: string, of: Member, texts: readonly string[], readFile: ReadParamfile): unknown {
  const [first = ''] = texts
  if (texts.length === 1 && first.trimStart().startsWith('[')) return parseJson(option, first)
  if (of.kind !== 'structure') return texts.map((text) => readOption(option, of, [text], readFile))
  return texts.map((text) => readStructure(option, of, text, looksLikeJson(first), readFile))
}

const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text)

function readStructure(option: string, member: Member, text: string, json: boolean, readFile: ReadParamfile): unknown {
  if (!json) return readShorthand(option, member, text, readFile)
  if (text.trimStart().startsWith('{')) return parseJson(option, text)
  throw usageProblem(`Error parsing parameter '--${option}': Invalid JSON:\n${text}`)
}

function parseJson(option: string, text: string): unknown {
  try {
    return parsePython(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw usageProblem(`Error parsing parameter '--${option}': Invalid JSON: ${error.message}\nJSON received: ${text}`)
  }
}

/** Whole numbers have no end. */
function numberOf(option: string, text: string, fractions: boolean): number | bigint {
  if (!fractions) {
    const value = wholeNumber(text, `--${option} takes a whole number.`)
    return Number.isSafeInteger(value) ? value : BigInt(text.trim().replaceAll('_', ''))
  }
  const value = Number(text.trim())
  if (text.trim() !== '' && !Number.isNaN(value)) return value
  throw usageProblem(`could not convert string to float: ${pythonRepr(text)}`, `--${option} takes a number.`)
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

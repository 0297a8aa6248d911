/**
 * `--output yaml` as aws-cli v2 writes it, by libyaml's rules: block style, keys sorted, sequences not indented under
 * their key, text plain where it can be, otherwise in single quotes, in double quotes if it holds what can't be seen.
 */
import { isEmptyStructure, jsonText } from './json.ts'
import { Float, floatText } from './python-text.ts'

/** Nothing for an empty answer; a scalar (as of a query) as JSON. */
export function yamlText(value: unknown): string {
  if (isEmptyStructure(value)) return ''
  if (isScalar(value)) return jsonText(value)
  return isEmpty(value) ? '[]\n' : `${block(value, 0)}\n`
}

/** `--output yaml-stream`: each page is an item of one list. */
export const yamlStreamItem = (page: unknown): string => (isEmptyStructure(page) ? '' : `${block([page], 0)}\n`)

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null || value instanceof Float

/** Lines of a list or structure, the first one without its indentation. */
function block(value: unknown, indent: number): string {
  const newline = `\n${' '.repeat(indent)}`
  if (Array.isArray(value)) return value.map((item) => `- ${entry(item, indent + 2, indent + 2)}`).join(newline)
  return Object.entries(value ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]: [string, unknown]) => {
      const key = scalar(name, indent, 0)
      if (isScalar(item) || isEmpty(item)) return `${key}: ${entry(item, indent + 2, indent + key.length + 2)}`
      const inner = Array.isArray(item) ? indent : indent + 2
      return `${key}:\n${' '.repeat(inner)}${block(item, inner)}`
    })
    .join(newline)
}

const isEmpty = (value: unknown): boolean => Object.keys(value ?? {}).length === 0

function entry(value: unknown, indent: number, column: number): string {
  if (isScalar(value)) return scalar(value, indent, column)
  if (isEmpty(value)) return Array.isArray(value) ? '[]' : '{}'
  return block(value, indent)
}

/** `column`: where it begins; `indent`: where its further lines do. */
function scalar(value: unknown, indent: number, column: number): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Float) return floatText(value.value).replace(/inf|nan/, '.$&')
  if (typeof value !== 'string') return String(value)
  if (UNSEEN.test(value)) return doubleQuoted(value, indent, column)
  if (isPlain(value)) return folded(value, indent, column, "'")
  return `'${folded(value, indent, column + 1, "''")}'`
}

/** What single quotes can't hold: control characters, and spaces beside the end of a line. */
const UNSEEN = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]|\n | \n/

/** What YAML 1.2 reads as something else than text, by ruamel.yaml's rules: booleans, numbers, null, times. */
const NOT_TEXT = [
  /^(?:true|True|TRUE|false|False|FALSE|~|null|Null|NULL|=|<<|)$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+)$/,
  /^(?:[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^\d{4}-\d\d-\d\d$/,
  /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
]

const SPECIAL_START = /^(?:[,[\]{}#&*!|>'"%@`]|[-?:](?:\s|$)|---|\.\.\.)/
const SPECIAL_INSIDE = /: |:$| #|^\s|\s$|\n/

const isPlain = (text: string): boolean =>
  !SPECIAL_START.test(text) && !SPECIAL_INSIDE.test(text) && !NOT_TEXT.some((form) => form.test(text))

const BEST_WIDTH = 80

/**
 * Plain or single-quoted text. libyaml breaks a line at the first single space behind the 80th column, and writes a line
 * end of the text as an empty line.
 */
function folded(text: string, indent: number, column: number, apostrophe: string): string {
  const newline = `\n${' '.repeat(indent)}`
  const isInner = (index: number) => index > 0 && index < text.length - 1
  let written = ''
  let at = column
  let breaks = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '\n') {
      written += breaks ? '\n' : '\n\n'
      breaks = true
      continue
    }
    const single = character === ' ' && text[index - 1] !== ' ' && text[index + 1] !== ' '
    if (single && at > BEST_WIDTH && isInner(index)) {
      written += newline
      at = indent
      continue
    }
    if (breaks) {
      written += newline.slice(1)
      at = indent
      breaks = false
    }
    const piece = character === "'" ? apostrophe : character
    written += piece
    // Half of a character beyond 16 bits takes no column.
    at += /[\udc00-\udfff]/.test(character) ? 0 : piece.length
  }
  return breaks ? written + newline.slice(1) : written
}

const NAMED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '"': '\\"',
  '\\': '\\\\',
}

function doubleQuoted(text: string, indent: number, column: number): string {
  let written = '"'
  let at = column + 1
  const characters = [...text]
  characters.forEach((character, index) => {
    const inner = index > 0 && index < characters.length - 1
    if (character === ' ' && at > BEST_WIDTH && inner && characters[index - 1] !== ' ') {
      written += `\n${' '.repeat(indent)}${characters[index + 1] === ' ' ? '\\' : ''}`
      at = indent + (characters[index + 1] === ' ' ? 1 : 0)
      return
    }
    const piece = ESCAPED.test(character) ? escaped(character) : character
    written += piece
    at += [...piece].length
  })
  return `${written}"`
}

const ESCAPED = /["\\]|[^\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]/

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase()
  return NAMED[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`)
}

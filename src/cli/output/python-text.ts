/** Values as Python writes them: aws-cli's answers are compared as text, down to `450.0` and `True`. */

/**
 * A floating-point number of the API; JavaScript has only one kind of number. It is one all the same, so that queries compare
 * and add it.
 */
export class Float extends Number {
  get value(): number {
    return this.valueOf()
  }
}

/** `repr(float)`: always a point or an exponent, and exponents from 1e16 on and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  const text = Object.is(value, -0) ? '-0' : String(value)
  return Number.isInteger(value) ? `${text}.0` : text
}

/** `str(value)`. */
export const pythonText = (value: unknown): string => (typeof value === 'string' ? value : pythonRepr(value))

/** `repr(value)`. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Float) return floatText(value.value)
  if (value instanceof Uint8Array) return bytesRepr(value)
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).map(([name, item]) => `${quoted(name)}: ${pythonRepr(item)}`)
  return `{${entries.join(', ')}}`
}

function bytesRepr(bytes: Uint8Array): string {
  const text = quoted(Buffer.from(bytes).toString('latin1'))
  return `b${text.replace(/[\u0080-\u00ff]/g, (character) => `\\x${character.charCodeAt(0).toString(16)}`)}`
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\\u0000-\u001f\u007f]/g, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'str',
  boolean: 'bool',
  number: 'int',
  bigint: 'int',
  object: 'dict',
}

/** `type(value).__name__`. */
export function pythonType(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Float) return 'float'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'number' && !Number.isInteger(value)) return 'float'
  return TYPE_NAMES[typeof value] ?? 'object'
}

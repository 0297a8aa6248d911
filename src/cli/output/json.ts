import { Float, floatText } from './python-text.ts'

/** As `json.dump(indent=4, ensure_ascii=False)` prints it; nothing at all for an empty answer. */
export function jsonText(value: unknown): string {
  return isEmptyStructure(value) ? '' : `${written(value, '\n')}\n`
}

export const isEmptyStructure = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Float) &&
  Object.keys(value).length === 0

/** `newline`: a line end and the indentation that `value` stands at. */
function written(value: unknown, newline: string): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (value instanceof Float) return JSON_NUMBERS[floatText(value.value)] ?? floatText(value.value)
  const inner = `${newline}    `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${inner}${value.map((item) => written(item, inner)).join(`,${inner}`)}${newline}]`
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([name, item]) => `${JSON.stringify(name)}: ${written(item, inner)}`)
  return `{${inner}${lines.join(`,${inner}`)}${newline}}`
}

const JSON_NUMBERS: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' }

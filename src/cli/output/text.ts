import { isObject } from '../../api/objects.ts'
import { Float, pythonText } from './python-text.ts'

/**
 * `--output text`: lines of TAB-separated columns. A structure is a line of its scalars, sorted by name, behind the
 * upper-case name of the member that holds it; what is nested follows on lines of its own.
 */
export function textLines(answer: unknown): string {
  return linesOf(answer)
    .map((columns) => `${columns.join('\t')}\n`)
    .join('')
}

type Structure = Readonly<Record<string, unknown>>

/** `columns`: the names every structure of a list shows, so that they stand under each other; '' where one lacks it. */
function linesOf(value: unknown, name?: string, columns?: readonly string[]): string[][] {
  if (Array.isArray(value)) return linesOfList(value, name)
  if (isStructure(value)) return linesOfStructure(value, name, columns)
  return [[pythonText(value)]]
}

function linesOfList(items: readonly unknown[], name: string | undefined): string[][] {
  if (items.length === 0) return []
  if (items.some(isStructure)) {
    const columns = sorted(
      items.filter(isStructure).flatMap((item) => Object.keys(item).filter((key) => isScalar(item[key]))),
    )
    return items.flatMap((item) => linesOf(item, name, columns))
  }
  const scalars = items.filter(isScalar)
  const lists = items.filter((item) => !isScalar(item))
  return [...linesOfScalars(scalars, name), ...lists.flatMap((item) => linesOf(item, name))]
}

// Under a name each has a line of its own; without one, as after a query, they share a line.
function linesOfScalars(scalars: readonly unknown[], name: string | undefined): string[][] {
  if (scalars.length === 0) return []
  return name === undefined
    ? [scalars.map(pythonText)]
    : scalars.map((scalar) => [name.toUpperCase(), pythonText(scalar)])
}

function linesOfStructure(
  value: Structure,
  name: string | undefined,
  columns: readonly string[] | undefined,
): string[][] {
  const keys = sorted(Object.keys(value))
  const shown = columns ?? keys.filter((key) => isScalar(value[key]))
  const line = shown.map((key) => (key in value ? pythonText(value[key]) : ''))
  const head = name === undefined ? line : [name.toUpperCase(), ...line]
  const nested = keys.filter((key) => (columns ? !columns.includes(key) : !isScalar(value[key])))
  return [...(line.length > 0 ? [head] : []), ...nested.flatMap((key) => linesOf(value[key], key))]
}

const isStructure = (value: unknown): value is Structure => isObject(value) && !(value instanceof Float)

const isScalar = (value: unknown): boolean => !Array.isArray(value) && !isStructure(value)

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort()

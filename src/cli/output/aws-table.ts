/**
 * `--output table`, drawn as aws-cli draws it: sections under a title, nested ones with one more `|` at both edges, a
 * section of one row turned upright when the table would be wider than the terminal.
 */

import { isObject } from '../../api/objects.ts'
import { Problem } from '../problem.ts'
import { Float, pythonText } from './python-text.ts'
import { own } from './sequences.ts'
import { columnsOf } from './wide-characters.ts'

export interface TableStyle {
  /** Columns from which sections of one row are turned upright; 80 without a terminal. */
  readonly width: number
  readonly colour: boolean
}

/** Nothing at all for an answer that is empty, null or false. */
export function awsTable(title: string, answer: unknown, style: TableStyle): string {
  const sections: Section[] = []
  if (!addSections(sections, title, answer, 0)) return ''
  const first = widthOf(sections)
  const shown = first > style.width ? sections.map(upright) : sections
  const width = first > style.width ? widthOf(shown) : first
  const out = new Writer(style.colour)
  out.write(`${'-'.repeat(width)}\n`)
  for (const section of shown) render(section, width, out)
  return out.text
}

interface Section {
  readonly title: string
  readonly indent: number
  headers: readonly string[]
  readonly rows: (readonly string[])[]
}

type Structure = Readonly<Record<string, unknown>>

const isList = Array.isArray
const isFloat = (value: unknown): boolean => value instanceof Float
const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null || isFloat(value)

function isEmpty(value: unknown): boolean {
  if (isFloat(value)) return Number(value) === 0
  if (isList(value)) return value.length === 0
  return isObject(value) ? Object.keys(value).length === 0 : !value
}

/** False: there is nothing to show. Without a title the rows go on in the section before. */
function addSections(sections: Section[], title: string | undefined, value: unknown, indent: number): boolean {
  if (isEmpty(value)) return false
  if (title !== undefined) sections.push({ title, indent, headers: [], rows: [] })
  if (isList(value)) {
    if (isObject(value[0]) && !isFloat(value[0])) addList(sections, value.filter(isObject), indent, title ?? '')
    else for (const item of value) addItem(sections, item)
  } else if (isObject(value) && !isFloat(value)) addStructure(sections, value, indent)
  return true
}

function addItem(sections: Section[], item: unknown): void {
  const cells = isScalar(item) ? [item] : isList(item) ? item : Object.keys(item ?? {})
  if (cells.every(isScalar)) addRow(last(sections), cells)
  else addSections(sections, undefined, item, 0)
}

function addStructure(sections: Section[], value: Structure, indent: number): void {
  const { scalars, nested } = split([value])
  const [only] = scalars
  if (scalars.length === 1 && only !== undefined) addRow(last(sections), [only, value[only]])
  else if (scalars.length > 1) {
    last(sections).headers = scalars
    addRow(
      last(sections),
      scalars.map((name) => value[name]),
    )
  }
  for (const name of nested) addSections(sections, name, value[name], indent + 1)
}

function addList(sections: Section[], items: readonly Structure[], indent: number, title: string): void {
  const { scalars, nested } = split(items)
  last(sections).headers = scalars
  items.forEach((item, index) => {
    if (index > 0 && nested.length > 0) sections.push({ title, indent, headers: scalars, rows: [] })
    addRow(
      last(sections),
      scalars.map((name) => (name in item ? item[name] : '')),
    )
    for (const name of nested) if (name in item) addSections(sections, name, item[name], indent + 1)
  })
}

/** A name that is a scalar in one item and nested in another is both, as in aws-cli. */
function split(items: readonly Structure[]): { scalars: readonly string[]; nested: readonly string[] } {
  const names = (wanted: boolean) =>
    [...new Set(items.flatMap((item) => Object.keys(item).filter((name) => isScalar(item[name]) === wanted)))].sort()
  return { scalars: names(true), nested: names(false) }
}

const last = (sections: readonly Section[]): Section => sections[sections.length - 1] as Section // one is opened before anything is put into it

function addRow(section: Section, cells: readonly unknown[]): void {
  const wanted = section.headers.length || section.rows[0]?.length || cells.length
  if (cells.length !== wanted) {
    throw new Problem('general', `Row should have ${wanted} elements, instead it has ${cells.length}`)
  }
  section.rows.push(cells.map(pythonText))
}

function upright(section: Section): Section {
  const [row] = section.rows
  if (section.rows.length !== 1 || section.headers.length === 0 || !row) return section
  return { ...section, headers: [], rows: section.headers.map((header, index) => [header, row[index] ?? '']) }
}

const PADDING = 4

/** The widest text of each column, with its padding. */
function columnWidths({ headers, rows }: Section): number[] {
  const lines = headers.length > 0 ? [headers, ...rows] : rows
  const count = Math.max(0, ...lines.map((line) => line.length))
  return Array.from({ length: count }, (_, column) => {
    return Math.max(...lines.map((line) => columnsOf(line[column] ?? ''))) + PADDING
  })
}

function widthOf(sections: readonly Section[]): number {
  const widths = sections.map((section) => {
    const border = 2 + 2 * section.indent
    return Math.max(columnsOf(section.title) + border, sum(columnWidths(section)) + border)
  })
  return Math.max(...widths)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Columns stretched to the width of the table; what rounding leaves over is taken from the left or given to the right. */
function stretched(widths: readonly number[], width: number): number[] {
  const factor = width / sum(widths)
  const scaled = widths.map((column) => roundHalfEven(factor * column))
  let over = sum(scaled) - width
  for (let index = 0; over !== 0; index = (index + 1) % scaled.length) {
    const at = over > 0 ? index : scaled.length - 1 - index
    const step = over > 0 ? 1 : -1
    scaled[at] = (scaled[at] ?? 0) - step
    over -= step
  }
  return scaled
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** With colours aws-cli's stream resets them after every piece it writes; without, pieces don't show. */
class Writer {
  text = ''
  readonly #colour: boolean

  constructor(colour: boolean) {
    this.#colour = colour
  }

  write(piece: string): void {
    this.text += this.#colour ? `${piece}${RESET}` : piece
  }

  /** A line of a section, between the bars that say how deep it is nested. */
  line(text: string, indent: number): void {
    const bars = (this.#colour ? `${DIM_YELLOW}|${RESET}` : '|').repeat(indent)
    this.write(bars)
    this.write(text)
    this.write(bars)
    this.write('\n')
  }

  cell(text: string): string {
    return this.#colour ? `${BRIGHT_BLUE}${text}${RESET}` : text
  }
}

const RESET = own('\u001b[0m')
const BRIGHT_BLUE = own('\u001b[1m\u001b[34m')
const DIM_YELLOW = own('\u001b[2m\u001b[33m')

function render(section: Section, tableWidth: number, out: Writer): void {
  const { title, indent, headers, rows } = section
  const width = tableWidth - 2 * indent
  const natural = columnWidths(section)
  const columns = natural.length > 0 ? stretched(natural, width) : []
  const rule = columns.map((column, index) =>
    index === 0 ? `+${'-'.repeat(column - 2)}+` : `${'-'.repeat(column - 1)}+`,
  )
  if (title !== '') {
    out.line(centred(title, width, true), indent)
    if (headers.length === 0 && rows.length === 0) out.line(`+${'-'.repeat(width - 2)}+`, indent)
  }
  if (headers.length > 0) {
    out.line(rule.join(''), indent)
    out.line(columns.map((column, index) => centred(headers[index] ?? '', column, index === 0)).join(''), indent)
  }
  if (rows.length === 0 || columns.length === 0) return
  out.line(rule.join(''), indent)
  for (const row of rows) {
    const cells = columns.map((column, index) => aligned(row[index] ?? '', column, index === 0, out))
    out.line(cells.join(''), indent)
  }
  out.line(rule.join(''), indent)
}

const spaces = (count: number): string => ' '.repeat(Math.max(0, count))

function centred(text: string, width: number, first: boolean): string {
  const left = first ? '|' : ''
  const length = columnsOf(text)
  const before = Math.max(0, Math.floor(width / 2) - Math.floor(length / 2) - 1)
  return `${left}${spaces(before)}${text}${spaces(width - 1 - (left.length + before + length))}|`
}

function aligned(text: string, width: number, first: boolean, out: Writer): string {
  const left = first ? '|' : ''
  const length = columnsOf(text)
  const padding = width - (length + 2 + left.length + 1) >= 0 ? 2 : 0
  return `${left}${spaces(padding)}${out.cell(text)}${spaces(width - (left.length + padding + length) - 1)}|`
}

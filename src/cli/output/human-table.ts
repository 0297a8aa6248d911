/** Lists as tables that fit the terminal. */
import { stripVTControlCharacters } from 'node:util'
import { visibleIn } from '../../api/visible.ts'
import { type Item, valueText } from './human-value.ts'
import { type Column, columnsOf } from './human-views.ts'
import type { Style } from './style.ts'
import { linesOfRow } from './table.ts'

/** What cli-table3 adds to a column: two blanks and a border. */
const FRAME = 3
const NARROWEST_LONG = 16
/** The name and one thing about it are shown however narrow the terminal is. */
const ALWAYS = 2

export interface Drawn {
  readonly text: string
  /** Heads of the columns there was no room for. */
  readonly hidden: readonly string[]
}

export function drawItems(shape: string, items: readonly Item[], style: Style): Promise<Drawn> {
  return drawColumns(columnsOf(shape, items), items, style)
}

/** Columns that are empty in every row are left out. */
export async function drawColumns<T>(columns: readonly Column<T>[], given: readonly T[], style: Style): Promise<Drawn> {
  const items = visibleIn(given)
  const told = columns
    .map(({ of, ...column }) => ({ ...column, cells: items.map((item) => cellText(item, of, style)) }))
    .filter(({ cells }, index) => index === 0 || cells.some((cell) => stripVTControlCharacters(cell) !== '-'))
  const { count, widths } = fit(
    told.map(({ head, cells, long }) => ({ width: Math.max(...[head, ...cells].map(widthOf)), long: long === true })),
    style.width,
  )
  const shown = told.slice(0, count)
  const rows = items.map((_, row) => shown.map(({ cells }) => cells[row] ?? ''))
  return {
    text: await table(
      shown.map(({ head }) => style.strong(head)),
      rows,
      widths,
    ),
    hidden: told.slice(count).map(({ head }) => head),
  }
}

/** As many tables as columns need room, each with the first `kept` columns: none is left out. */
export async function drawInParts<T>(
  columns: readonly Column<T>[],
  kept: number,
  given: readonly T[],
  style: Style,
): Promise<string> {
  const { text, hidden } = await drawColumns(columns, given, style)
  const rest = columns.slice(kept).filter(({ head }) => hidden.includes(head))
  // Narrower than one of them is no room for any.
  if (rest.length === 0 || rest.length === columns.length - kept) return text
  return `${text}\n${await drawInParts([...columns.slice(0, kept), ...rest], kept, given, style)}`
}

const cellText = <T>(item: T, of: Column<T>['of'], style: Style): string =>
  typeof of === 'string' ? valueText(item[of], of, style) : of(item, style) || style.faint('-')

const widthOf = (text: string): number =>
  Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length))

interface Wish {
  readonly width: number
  readonly long: boolean
}

/** How many columns there is room for, and how wide each becomes; long ones give way first, then the widest. Pure. */
export function fit(wishes: readonly Wish[], width: number): { count: number; widths: number[] } {
  const least = ({ width: wished, long }: Wish) => (long ? Math.min(wished, NARROWEST_LONG) : wished)
  const roomFor = (count: number) => width - 1 - count * FRAME
  let count = wishes.length
  while (count > ALWAYS && sum(wishes.slice(0, count).map(least)) > roomFor(count)) count -= 1
  const shown = wishes.slice(0, count)
  let spare = roomFor(count) - sum(shown.map(least))
  const widths = shown.map((wish) => {
    const more = Math.max(0, Math.min(wish.width - least(wish), spare))
    spare -= more
    return least(wish) + more
  })
  for (; spare < 0; spare += 1) {
    const widest = Math.max(...widths)
    if (widest <= 4) break
    widths[widths.indexOf(widest)] = widest - 1
  }
  return { count, widths }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

async function table(head: string[], rows: string[][], widths: readonly number[]): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const drawn = new Table({ head: broken(head, widths), style: { head: [], border: [], compact: true } })
  drawn.push(...rows.flatMap((row) => linesOfRow(broken(row, widths))))
  return drawn.toString()
}

// By hand: cli-table3 breaks lines within escape sequences. What has to be broken loses its colour.
const broken = (cells: readonly string[], widths: readonly number[]): string[] =>
  cells.map((cell, index) => {
    const width = widths[index] ?? Number.POSITIVE_INFINITY
    return widthOf(cell) <= width ? cell : wrapWords(stripVTControlCharacters(cell), width).join('\n')
  })

/** Lines of at most `width`; a word that is longer is cut. Pure. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(...(word.match(new RegExp(`.{1,${width}}`, 'g')) ?? ['']))
  }
  return lines
}

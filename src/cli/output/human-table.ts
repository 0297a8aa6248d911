/** Lists of items as tables, a column for each thing told of them. */
import { stripVTControlCharacters } from 'node:util'
import { visibleIn } from '../../api/visible.ts'
import { type Item, valueText } from './human-value.ts'
import { type Column, columnsOf } from './human-views.ts'
import type { Style } from './style.ts'
import { type Drawn, drawTable, type TableColumn, withNote } from './table.ts'

export function drawItems(shape: string, items: readonly Item[], style: Style): Drawn {
  return drawTable(told(columnsOf(shape, items), items, style), style)
}

/** The table, with what of it is not shown below it. */
export const columnsText = <T>(columns: readonly Column<T>[], items: readonly T[], style: Style): string =>
  withNote(drawTable(told(columns, items, style), style), style)

/** As many tables as columns need room, each with the first `kept` columns: none is left out. */
export function textInParts<T>(columns: readonly Column<T>[], kept: number, items: readonly T[], style: Style): string {
  return partsText(told(columns, items, style), kept, style)
}

/** A table more costs less than the name of a metric or a statistic that is not told in full. */
const WHOLE_FIRST = 48

function partsText(columns: readonly TableColumn[], kept: number, style: Style): string {
  const drawn = drawTable(columns, style, WHOLE_FIRST)
  const rest = columns.length - drawn.hidden.length
  // Narrower than one of them is no room for any.
  if (drawn.hidden.length === 0 || rest <= kept) return withNote(drawn, style)
  const first = withNote({ ...drawn, hidden: [] }, style)
  return `${first}\n${partsText([...columns.slice(0, kept), ...columns.slice(rest)], kept, style)}`
}

/** Columns that are empty in every row are left out, but for the name. */
function told<T>(columns: readonly Column<T>[], given: readonly T[], style: Style): TableColumn[] {
  const items = visibleIn(given)
  return columns
    .map(({ of, head, long = false }) => ({ head, long, cells: items.map((item) => cellText(item, of, style)) }))
    .filter(({ cells }, index) => index === 0 || cells.some((cell) => stripVTControlCharacters(cell) !== '-'))
}

const cellText = <T>(item: T, of: Column<T>['of'], style: Style): string =>
  typeof of === 'string' ? valueText(item[of], of, style) : of(item, style) || style.faint('-')

import { visible } from '../../api/visible.ts'

/**
 * A table for people. The library is loaded only when one is drawn. With a width, words of the widest columns go on in
 * the next line, as far as that helps.
 */
export async function tableText(
  heads: readonly string[],
  cells: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): Promise<string> {
  const { default: Table } = await import('cli-table3')
  // Before anything is measured: what is made visible is wider.
  const [head, rows] = [heads.map(visible), cells.map((row) => row.map(visible))]
  const colWidths = fitted([head, ...rows], width)
  const table = new Table({
    head,
    style: { head: [], border: [], compact: true },
    ...(colWidths && { colWidths, wordWrap: true }),
  })
  table.push(...rows.flatMap(linesOfRow))
  return table.toString()
}

/**
 * A row for each line of its cells, which looks the same. cli-table3 measures a cell of several lines once a character and
 * line (measured: 7 s for four cells of 4 kB).
 */
export function linesOfRow(cells: readonly string[]): string[][] {
  const columns = cells.map((cell) => cell.split('\n'))
  return Array.from({ length: Math.max(1, ...columns.map(({ length }) => length)) }, (_, line) =>
    columns.map((column) => column[line] ?? ''),
  )
}

const PADDING = 2

/** Widths of columns with their padding; undefined: they fit as they are. */
function fitted(rows: readonly (readonly string[])[], width: number): number[] | undefined {
  const longest = (at: number, parts: (text: string) => string[]): number =>
    Math.max(...rows.flatMap((row) => parts(row[at] ?? '').map(({ length }) => length))) + PADDING
  const columns = [...(rows[0] ?? []).keys()]
  const widths = columns.map((at) => longest(at, (text) => text.split('\n')))
  const least = columns.map((at) => longest(at, (text) => text.split(/\s/)))
  const room = width - widths.length - 1
  const sum = (): number => widths.reduce((total, each) => total + each, 0)
  if (sum() <= room) return undefined
  while (sum() > room) {
    const yielding = columns.filter((at) => (widths[at] ?? 0) > (least[at] ?? 0))
    if (yielding.length === 0) break
    const widest = Math.max(...yielding.map((at) => widths[at] ?? 0))
    const at = yielding.find((each) => widths[each] === widest) ?? 0
    widths[at] = widest - 1
  }
  return widths
}

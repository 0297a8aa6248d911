/**
 * Tables for people, which fit the terminal. Where it is narrow, heads are broken first, then long text, then cells are shortened,
 * and last columns on the right are left out; what is not shown is told below. Pure.
 */
import Table from 'cli-table3'
import { visible } from '../../api/visible.ts'
import { shortened, widthOf, wrapWords } from './display-width.ts'
import type { Style } from './style.ts'

/** What is laid out, cell by cell. */
export interface TableColumn {
  readonly head: string
  /** Of one line or more each. */
  readonly cells: readonly string[]
  /** Long text, or text that is of no use in part: broken over lines, and never shortened. */
  readonly long?: boolean
}

export interface Drawn {
  readonly text: string
  /** Heads of the columns there was no room for. */
  readonly hidden: readonly string[]
  /** Heads of columns whose cells were shortened. */
  readonly shortened: readonly string[]
}

type Look = Pick<Style, 'width' | 'strong' | 'faint' | 'characters'>

/** The head of a column, or of one with long text. */
export type Head = string | { readonly long: string }

/** A table of these rows, and what of it is not shown. */
export function tableText(heads: readonly Head[], rows: readonly (readonly string[])[], look: Look): string {
  return withNote(drawTable(columnsOf(heads, rows), look), look)
}

const columnsOf = (heads: readonly Head[], rows: readonly (readonly string[])[]): TableColumn[] =>
  heads.map((head, at) => ({
    head: typeof head === 'string' ? head : head.long,
    cells: rows.map((row) => visible(row[at] ?? '')),
    long: typeof head !== 'string',
  }))

/** The table, with what of it is not shown below it. */
export function withNote(drawn: Drawn, look: Look): string {
  const note = noteOf(drawn)
  return note === '' ? drawn.text : `${drawn.text}\n${noteLines(note, look)}`
}

/** A note on as many lines as it needs. */
const noteLines = (note: string, { width, faint }: Look): string => wrapWords(note, width).map(faint).join('\n')

/** `A wider terminal also shows Zone, and all of Cluster.`; '' where everything is shown. */
export function noteOf({ hidden, shortened: cut }: Pick<Drawn, 'hidden' | 'shortened'>): string {
  const more = [
    ...(hidden.length > 0 ? [`also shows ${hidden.join(', ')}`] : []),
    ...(cut.length > 0 ? [`${hidden.length > 0 ? 'and ' : 'shows '}all of ${cut.join(', ')}`] : []),
  ]
  return more.length > 0 ? `A wider terminal ${more.join(', ')}.` : ''
}

/**
 * Cells are visible already ({@link visible}), colours apart.
 * @param narrowest Columns go rather than that cells of this width are shortened.
 */
export function drawTable(given: readonly TableColumn[], look: Look, narrowest = NARROWEST): Drawn {
  const columns = given.map((each) => ({ ...each, head: visible(each.head) }))
  const { count, widths } = fit(
    columns.map((each, at) => wishOf(each, at === 0 ? tellingApart(each, narrowest, look) : narrowest)),
    look.width,
  )
  const shown = columns.slice(0, count)
  const { ellipsis } = look.characters
  const cut = new Set<string>()
  const laidOut = shown.map(({ head, cells, long = false }, at) => {
    const width = widths[at] ?? 0
    const lines = cells.map((cell) =>
      cell.split('\n').flatMap((line) => {
        if (long || widthOf(line) <= width) return wrapWords(line, width)
        cut.add(head)
        return [shortened(line, width, ellipsis)]
      }),
    )
    return { head: wrapWords(look.strong(head), width), lines }
  })
  const rows = [
    laidOut.map(({ head }) => head),
    ...(columns[0]?.cells ?? []).map((_, row) => laidOut.map(({ lines }) => lines[row] ?? [])),
  ]
  return {
    text: boxed(rows, widths, look),
    hidden: columns.slice(count).map(({ head }) => head),
    shortened: [...cut],
  }
}

/** Lines of cells, row by row, the first of which is the head. */
function boxed(rows: readonly (readonly string[][])[], widths: readonly number[], { characters }: Look): string {
  const [head = [], ...body] = rows
  const table = new Table({
    head: head.map((lines) => lines.join('\n')),
    colWidths: widths.map((width) => width + BLANKS),
    chars: charsOf(characters),
    style: { head: [], border: [], compact: true },
  })
  // A row for each line, which looks the same: a cell of several is measured once a character (7 s for four cells of 4 kB).
  for (const row of body) {
    const lines = Math.max(1, ...row.map(({ length }) => length))
    for (let line = 0; line < lines; line++) table.push(row.map((cell) => cell[line] ?? ''))
  }
  return table.toString()
}

const BLANKS = 2

function charsOf({ corners: [top, middle, bottom], across, down }: Look['characters']) {
  const rule = across
  return {
    ...{ 'top-left': top[0], top: rule, 'top-mid': top[1], 'top-right': top[2] },
    ...{ 'left-mid': middle[0], mid: rule, 'mid-mid': middle[1], 'right-mid': middle[2] },
    ...{ 'bottom-left': bottom[0], bottom: rule, 'bottom-mid': bottom[1], 'bottom-right': bottom[2] },
    ...{ left: down, middle: down, right: down },
  }
}

/** How wide a column is at each stage of giving way. */
export interface Wish {
  readonly whole: number
  /** With its head on several lines. */
  readonly headBroken: number
  /** With its long text on several lines, and on many. */
  readonly wrapped: number
  readonly words: number
  /** With its cells shortened, unless they are long text; and with words of that broken, too. */
  readonly cut: number
  readonly least: number
}

/** Cells that are no wider are left as they are while there are columns that can go: what is shorter tells little. */
const NARROWEST = 16
/** Text in a column that is narrower than this can't be read. */
const NARROWEST_WORDS = 8

function wishOf({ head, cells, long = false }: TableColumn, narrowest: number): Wish {
  const widest = (texts: readonly string[]) => texts.reduce((most, text) => Math.max(most, widthOf(text)), 1)
  const own = widest(cells.flatMap((cell) => cell.split('\n')))
  const headBroken = Math.max(own, widest(head.split(' ')))
  const longestWord = widest([head, ...cells].flatMap((cell) => cell.split(/\s/)))
  const floor = (least: number) => (long ? Math.min(headBroken, Math.max(longestWord, least)) : headBroken)
  const [wrapped, words] = [floor(NARROWEST), floor(NARROWEST_WORDS)]
  const least = Math.min(words, narrowest)
  return { whole: Math.max(own, widthOf(head)), headBroken, wrapped, words, cut: long ? words : least, least }
}

/** As `narrowest`, or wider: names that are not the same are not to look the same, so long as the terminal has room for one. */
function tellingApart({ cells, long = false }: TableColumn, narrowest: number, { characters, width }: Look): number {
  const names = [...new Set(cells)].filter((cell) => widthOf(cell) > narrowest && !/\s/.test(cell))
  const most = Math.min(width - EDGE - FRAME, Math.max(0, ...names.map(widthOf)))
  if (long) return narrowest
  let least = narrowest
  while (least < most && new Set(names.map((name) => shortened(name, least, characters.ellipsis))).size < names.length)
    least += 1
  return least
}

/** What a box adds to a column, blanks and a line, and once more a line. */
const [FRAME, EDGE] = [3, 1]
/** The name and two things about it are shown however narrow the terminal is, as long as something of each can be read. */
const ALWAYS = 3
const READABLE = 4

/** How many columns there is room for, and how wide each becomes. Pure. */
export function fit(wishes: readonly Wish[], width: number): { count: number; widths: number[] } {
  const roomFor = (count: number): number => width - EDGE - count * FRAME
  for (let count = wishes.length; count >= Math.min(ALWAYS, wishes.length); count -= 1) {
    const shown = wishes.slice(0, count)
    const stage = STAGES.find((each) => sum(shown.map((wish) => wish[each])) <= roomFor(count))
    if (stage) return { count, widths: narrowed(shown, stage, roomFor(count)) }
  }
  let count = Math.min(ALWAYS, wishes.length)
  while (count > 1 && roomFor(count) < count * READABLE) count -= 1
  return { count, widths: narrowed(wishes.slice(0, count), undefined, roomFor(count)) }
}

const STAGES = ['whole', 'headBroken', 'wrapped', 'words', 'cut', 'least'] as const

/** The widest give way first, none further than at this stage. */
function narrowed(wishes: readonly Wish[], stage: (typeof STAGES)[number] | undefined, room: number): number[] {
  const widths = wishes.map(({ whole }) => whole)
  const floors = wishes.map((wish) => (stage ? wish[stage] : 1))
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const yielding = widths.map((width, at) => (width > (floors[at] ?? 0) ? width : 0))
    const widest = Math.max(...yielding)
    if (widest === 0) break
    const at = yielding.indexOf(widest)
    widths[at] = widest - 1
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

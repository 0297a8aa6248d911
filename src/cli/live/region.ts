/** Lines at the end of the output that are drawn again in place, while others scroll by above them. */
import { environment } from '../environment.ts'
import { charactersOf } from '../output/characters.ts'
import { shortened, widthOf } from '../output/display-width.ts'
import { own } from '../output/sequences.ts'
import { columns, print, rows } from '../terminal.ts'

export interface Region {
  /** Shows these lines in the place of those that were shown. */
  draw(lines: readonly string[]): void
  /** Writes lines above them, which stay. */
  above(lines: readonly string[]): void
  /** How many lines there is room for. */
  readonly height: number
  /** Columns of a line. */
  readonly width: number
  /** Takes them away. */
  end(): void
}

/** @param resized Called after the terminal has got another size, to draw anew. */
export function openRegion(resized: () => void): Region {
  let drawn: readonly string[] = []
  const region: Region = {
    // The cursor stands on a line of its own below them.
    get height() {
      return Math.max(1, (rows() ?? 24) - 1)
    },
    // A line that fills the terminal moves the cursor on, on some.
    get width() {
      return Math.max(1, columns() - 1)
    },
    draw(lines) {
      erase()
      drawn = fitted(lines, region)
      if (drawn.length > 0) print(`${drawn.join('\n')}\n`)
    },
    above(lines) {
      const below = drawn
      erase()
      for (const line of lines) print(`${line}\n`)
      region.draw(below)
    },
    end() {
      process.stdout.off('resize', resized)
      erase()
    },
  }
  process.stdout.on('resize', resized)
  return region

  function erase(): void {
    const lines = rowsOf(drawn, columns())
    // From the edge: what is typed meanwhile, ^C too, has moved the cursor.
    if (lines > 0) print(own(`\x1b[${lines}A\x1b[G\x1b[0J`))
    drawn = []
  }
}

/** Lines that the terminal has made of these: one that has become narrower since has broken those that are longer now. Pure. */
export const rowsOf = (lines: readonly string[], width: number): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width)), 0)

/** A line that wraps would be two, and those above the top of the screen can't be taken away again. */
function fitted(lines: readonly string[], { width, height }: Region): string[] {
  const { ellipsis } = charactersOf(environment)
  const more = lines.length - height
  const shown = more > 0 ? [...lines.slice(0, height - 1), `${more + 1} more: the window is too low`] : lines
  return shown.map((line) => shortened(line, width, ellipsis))
}

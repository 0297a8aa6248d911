/** A whole screen of the terminal's, drawn again and again, and left as it was. */
import { onKeys } from '../../live/keys.ts'
import { own } from '../../output/sequences.ts'
import { columns, print, rows } from '../../terminal.ts'

const ENTER = own('\x1b[?1049h\x1b[?25l')
const LEAVE = own('\x1b[?25h\x1b[?1049l')
const HOME = own('\x1b[H')
const CLEAR_LINE = own('\x1b[K')
const CLEAR_BELOW = own('\x1b[J')

export interface Screen {
  /** Shows these lines in the place of what was shown. */
  draw(lines: readonly string[]): void
  readonly width: number
  readonly height: number
  /** Puts the terminal back. May be called twice. */
  leave(): void
}

/**
 * Takes the terminal over until {@link Screen.leave}.
 * @param resized Called after the terminal has got another size.
 * @param typed Called with the keys that the user presses.
 */
export function openScreen(resized: () => void, typed: (keys: readonly string[]) => void): Screen {
  const { stdout } = process
  print(ENTER)
  const silence = onKeys(typed)
  stdout.on('resize', resized)
  let left = false
  const leave = () => {
    if (left) return
    left = true
    stdout.off('resize', resized)
    process.off('exit', leave)
    silence()
    print(LEAVE)
  }
  // Whatever ends the program must not leave a terminal without cursor and echo.
  process.on('exit', leave)
  return {
    draw(lines) {
      // Over what is there rather than after clearing it: nothing flickers.
      print(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`)
    },
    get width() {
      return columns()
    },
    get height() {
      return rows() ?? 24
    },
    leave,
  }
}

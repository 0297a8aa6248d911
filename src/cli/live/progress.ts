import { visibleLine } from '../../api/visible.ts'
import { type Clock, systemClock } from '../../net/clock.ts'
import { environment } from '../environment.ts'
import { charactersOf, isDumb, isPlain } from '../output/characters.ts'
import { shortened } from '../output/display-width.ts'
import { own } from '../output/sequences.ts'
import { conversationColumns, overwriteLine, stderrIsTerminal, tell, tellPiece } from '../terminal.ts'

export interface Progress {
  update(text: string): void
  /** A line that stays, above the one that turns. */
  note(text: string): void
  /** Takes the line away. */
  end(): void
}

/** {@link startProgress} while `act` goes on. */
export async function withProgress<T>(text: string, act: () => Promise<T>): Promise<T> {
  const progress = startProgress(text)
  try {
    return await act()
  } finally {
    progress.end()
  }
}

const FRAME_MS = 80
const CLEAR = own('\x1b[G\x1b[2K')

/** One line on stderr that turns, with the seconds so far; silence unless stderr is a terminal that can take it away again. */
export function startProgress(text: string, clock: Clock = systemClock): Progress {
  if (!stderrIsTerminal() || isDumb(environment)) return { update() {}, note() {}, end() {} }
  const { turning, ellipsis } = charactersOf(environment)
  const clear = (): void => (isPlain(environment) ? overwriteLine() : tellPiece(CLEAR))
  const start = clock.monotonicMs()
  let shown = text
  let frame = 0
  let cancel = () => {}
  const draw = () => {
    const seconds = Math.floor((clock.monotonicMs() - start) / 1000)
    const line = `${turning[frame++ % turning.length]} ${visibleLine(shown)} (${seconds} s)`
    clear()
    tellPiece(shortened(line, conversationColumns() - 1, ellipsis))
    cancel = clock.after(FRAME_MS, draw)
  }
  draw()
  return {
    update(next) {
      shown = next
    },
    note(line) {
      cancel()
      clear()
      tell(visibleLine(line))
      draw()
    },
    end() {
      cancel()
      clear()
    },
  }
}

import { visibleLine } from '../../api/visible.ts'
import { type Clock, systemClock } from '../../net/clock.ts'
import { environment } from '../environment.ts'
import { own } from '../output/sequences.ts'
import { conversationColumns, stderrIsTerminal, tell, tellPiece } from '../terminal.ts'

export interface Progress {
  update(text: string): void
  /** A line that stays, above the one that turns. */
  note(text: string): void
  /** Takes the line away. */
  end(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const CLEAR = own('\x1b[G\x1b[2K')

/** One line on stderr that turns, with the seconds so far; silence unless stderr is a terminal that can take it away again. */
export function startProgress(text: string, clock: Clock = systemClock): Progress {
  if (!stderrIsTerminal() || environment.TERM === 'dumb') return { update() {}, note() {}, end() {} }
  const start = clock.monotonicMs()
  let shown = text
  let frame = 0
  let cancel = () => {}
  const draw = () => {
    const seconds = Math.floor((clock.monotonicMs() - start) / 1000)
    const line = `${FRAMES[frame++ % FRAMES.length]} ${visibleLine(shown)} (${seconds} s)`
    tellPiece(`${CLEAR}${line.slice(0, conversationColumns() - 1)}`)
    cancel = clock.after(FRAME_MS, draw)
  }
  draw()
  return {
    update(next) {
      shown = next
    },
    note(line) {
      cancel()
      tell(`${CLEAR}${visibleLine(line)}`)
      draw()
    },
    end() {
      cancel()
      tellPiece(CLEAR)
    },
  }
}

import { type Clock, systemClock } from '../diagnose/clock.ts'
import { stderrIsTerminal } from './terminal.ts'

export interface Progress {
  update(text: string): void
  /** A line that stays, above the one that turns. */
  note(text: string): void
  /** Takes the line away. */
  end(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80

/** One line on stderr that turns, with the seconds so far; silence unless stderr is a terminal. */
export function startProgress(text: string, clock: Clock = systemClock): Progress {
  if (!stderrIsTerminal()) return { update() {}, note() {}, end() {} }
  const start = clock.monotonicMs()
  let shown = text
  let frame = 0
  let cancel = () => {}
  const draw = () => {
    const seconds = Math.floor((clock.monotonicMs() - start) / 1000)
    const line = `${FRAMES[frame++ % FRAMES.length]} ${shown} (${seconds} s)`
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
    cancel = clock.after(FRAME_MS, draw)
  }
  draw()
  return {
    update(next) {
      shown = next
    },
    note(line) {
      cancel()
      process.stderr.write(`\r\x1b[2K${line}\n`)
      draw()
    },
    end() {
      cancel()
      process.stderr.write('\r\x1b[2K')
    },
  }
}

/** The view of `probe --forever` on a terminal: one line per address, redrawn in place; losses scroll by above it. */
import { sparkline } from '../../../diagnose/histogram.ts'
import type { ProbeEvent } from '../../../diagnose/probe.ts'
import { renderEvent } from '../../../diagnose/render.ts'
import { percentile } from '../../../diagnose/statistics.ts'
import { endpoint } from '../../../net/target.ts'
import { environment } from '../../environment.ts'
import { charactersOf } from '../../output/characters.ts'
import { own } from '../../output/sequences.ts'
import { columns, print } from '../../terminal.ts'

const SHOWN = 40
/** For the median: enough to be steady, little enough to follow a change. */
const REMEMBERED = 500

interface Lane {
  readonly rtts: (number | undefined)[]
  sent: number
  lost: number
}

/** Redrawing needs a terminal. */
export const canDraw = (): boolean => process.stdout.isTTY === true

export interface LiveView {
  show(event: ProbeEvent): void
  /** Prints lines above the view. */
  above(lines: readonly string[]): void
  end(): void
}

export function liveView(): LiveView {
  const lanes = new Map<string, Lane>()
  let drawn = 0
  const erase = (): void => {
    if (drawn > 0) print(own(`\x1b[${drawn}A\x1b[0J`))
    drawn = 0
  }
  const draw = (): void => {
    const widest = Math.max(...[...lanes.keys()].map((at) => at.length))
    for (const [at, lane] of lanes) print(`${line(at.padEnd(widest), lane).slice(0, columns() - 1)}\n`)
    drawn = lanes.size
  }
  return {
    show(event) {
      if (event.type === 'floor') return
      erase()
      if (event.type === 'attempt') {
        const { address, port, outcome, ms } = event.attempt
        const at = endpoint(address, port)
        const lane = lanes.get(at) ?? { rtts: [], sent: 0, lost: 0 }
        lanes.set(at, lane)
        lane.sent++
        lane.rtts.push(outcome === 'connected' ? ms : undefined)
        if (lane.rtts.length > REMEMBERED) lane.rtts.shift()
        if (outcome !== 'connected') lane.lost++
      }
      if (event.type !== 'attempt' || event.attempt.outcome !== 'connected') {
        for (const text of renderEvent(event).slice(-1)) print(`${text}\n`)
      }
      draw()
    },
    above(lines) {
      erase()
      for (const text of lines) print(`${text}\n`)
      draw()
    },
    end: erase,
  }
}

function line(at: string, { rtts, sent, lost }: Lane): string {
  const known = rtts.filter((rtt) => rtt !== undefined)
  const last = rtts.at(-1)
  const now = last === undefined ? '    lost' : `${last.toFixed(2).padStart(6)}ms`
  const median = known.length > 0 ? `p50 ${percentile(known, 50).toFixed(2)}ms` : 'p50 -'
  return `${at}  ${now}  ${median}  ${lost} of ${sent} lost  ${sparkline(rtts.slice(-SHOWN), charactersOf(environment).ticks)}`
}

/** The view of `probe --forever` on a terminal: a line per address, redrawn in place; losses scroll by above it. */
import { sparkline } from '../../../diagnose/histogram.ts'
import type { ProbeEvent } from '../../../diagnose/probe.ts'
import { renderEvent } from '../../../diagnose/render.ts'
import { percentile } from '../../../diagnose/statistics.ts'
import { endpoint } from '../../../net/target.ts'
import { isQuit, onKeys } from '../../live/keys.ts'
import { openRegion } from '../../live/region.ts'
import { shortened, widthOf } from '../../output/display-width.ts'
import type { Style } from '../../output/style.ts'

/** For the median and the trend: enough to be steady, little enough to follow a change. */
const REMEMBERED = 500

export interface Lane {
  /** undefined: it was lost. */
  readonly rtts: (number | undefined)[]
  sent: number
  lost: number
}

export interface LiveView {
  show(event: ProbeEvent): void
  /** Prints lines above the view. */
  above(lines: readonly string[]): void
  end(): void
}

/** What the keys are for. */
export interface LiveKeys {
  /** Enter. */
  summary(): void
  /** q and Ctrl-C. */
  quit(): void
}

/**
 * Takes the keyboard until it ends.
 * @param subject `shop, every 1 s`: what is told above the lines, with the keys.
 */
export function liveView(subject: string, style: Style, keys: LiveKeys): LiveView {
  const lanes = new Map<string, Lane>()
  const draw = (): void => {
    const { width, height } = region
    region.draw([headingText(subject, { ...style, width }), ...laneLines(lanes, { width, height: height - 1 }, style)])
  }
  const region = openRegion(draw)
  const silence = onKeys((typed) => {
    if (typed.some(isQuit)) keys.quit()
    else if (typed.some((key) => key === '\r' || key === '\n')) keys.summary()
  })
  return {
    show(event) {
      if (event.type === 'floor') return
      if (event.type === 'attempt') note(lanes, event.attempt)
      if (event.type !== 'attempt' || event.attempt.outcome !== 'connected')
        region.above(renderEvent(event).slice(-1).map(style.bad))
      draw()
    },
    above: (lines) => region.above(lines),
    end() {
      silence()
      region.end()
    },
  }
}

/** What is probed, and the keys. Pure. */
export function headingText(subject: string, { width, characters }: Pick<Style, 'width' | 'characters'>): string {
  const told = shortened(`Probing ${subject}`, Math.max(20, width - KEYS.length), characters.ellipsis)
  return `${told}${KEYS}`
}

const KEYS = '. Enter: summary so far, q: quit'

function note(lanes: Map<string, Lane>, attempt: Extract<ProbeEvent, { type: 'attempt' }>['attempt']): void {
  const { address, port, outcome, ms } = attempt
  const at = endpoint(address, port)
  const lane = lanes.get(at) ?? { rtts: [], sent: 0, lost: 0 }
  lanes.set(at, lane)
  lane.sent++
  lane.rtts.push(outcome === 'connected' ? ms : undefined)
  if (lane.rtts.length > REMEMBERED) lane.rtts.shift()
  if (outcome !== 'connected') lane.lost++
}

/** Heads of the figures, and how wide they are. */
const FIGURES = [
  ['last', 10],
  ['p50', 10],
  ['lost', 16],
] as const
const LEAST_TREND = 8

/** A heading, and a line for each address; where there are too many, those with losses come first. Pure. */
export function laneLines(
  lanes: ReadonlyMap<string, Lane>,
  { width, height }: { readonly width: number; readonly height: number },
  style: Style,
): string[] {
  const figures = FIGURES.reduce((sum, [, size]) => sum + size, 0)
  const longest = Math.max('address'.length, ...[...lanes.keys()].map(widthOf))
  const at = Math.min(longest, Math.max('address'.length, width - figures))
  const trend = width - at - figures - 2
  const told = [...lanes]
  const shown = told.length + 1 > height ? told.toSorted(([, a], [, b]) => b.lost - a.lost) : told
  const head = `${'address'.padEnd(at)}${FIGURES.map(([name, size]) => name.padStart(size)).join('')}`
  return [
    style.strong(trend < LEAST_TREND ? head : `${head}  trend`),
    ...shown.map(([address, lane]) =>
      laneLine(shortened(address, at, style.characters.ellipsis).padEnd(at), lane, trend, style),
    ),
  ]
}

function laneLine(at: string, { rtts, sent, lost }: Lane, trend: number, style: Style): string {
  const known = rtts.filter((rtt) => rtt !== undefined)
  const last = rtts.at(-1)
  const [[, lastWidth], [, medianWidth], [, lostWidth]] = FIGURES
  const now = (last === undefined ? 'LOST' : milliseconds(last)).padStart(lastWidth)
  const median = (known.length > 0 ? milliseconds(percentile(known, 50)) : '-').padStart(medianWidth)
  const losses = `${lost} of ${sent}`.padStart(lostWidth)
  const drawn = trend < LEAST_TREND ? '' : `  ${trendText(rtts.slice(-trend), style)}`
  return `${at}${last === undefined ? style.bad(now) : now}${median}${lost > 0 ? style.bad(losses) : losses}${drawn}`
}

/** What was lost stands out. */
const trendText = (rtts: readonly (number | undefined)[], { characters, bad }: Style): string =>
  sparkline(rtts, characters.ticks).replaceAll(/x+/g, (lost) => bad(lost))

const milliseconds = (ms: number): string => `${ms.toFixed(2)} ms`

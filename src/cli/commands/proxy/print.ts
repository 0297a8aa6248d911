/** What a running proxy prints: on a terminal counters that are redrawn in place, elsewhere lines. */

import { type Clock, systemClock } from '../../../net/clock.ts'
import type { RelayReport } from '../../../relay/counters.ts'
import type { RelayEvent } from '../../../relay/relay.ts'
import type { Printer } from '../../forms.ts'
import { openRegion } from '../../live/region.ts'
import { relayEventText, relayLines } from '../../output/relay.ts'
import { canRedraw, forPeople, printLine } from '../../terminal.ts'

export interface RelayPrinter {
  /** How often counters are worth printing. */
  readonly usualMs: number
  listening(report: RelayReport): void
  event(event: RelayEvent): void
  counters(report: RelayReport): void
  /** Takes away what is redrawn. */
  end(): void
}

const LIVE_MS = 1000
const LINES_MS = 10_000

/** `each`: also every single connection. */
export function relayPrinter(print: Printer, { each }: { each: boolean }, clock: Clock = systemClock): RelayPrinter {
  const isTold = ({ type }: RelayEvent): boolean => each || (type !== 'opened' && type !== 'closed')
  const now = (): string => clock.now().toISOString()
  if (print.form !== 'readable') {
    const line = (type: string, facts: object): void => void print.item({ type, at: now(), ...facts }, () => '')
    const changed = onChange()
    return {
      usualMs: LINES_MS,
      listening: (report) => line('listening', report),
      event: (event) => isTold(event) && line(event.type, event),
      counters: (report) => changed(report) && line('counters', report),
      end() {},
    }
  }
  return canRedraw() ? livePrinter(isTold, now) : linePrinter(isTold, now)
}

function linePrinter(isTold: (event: RelayEvent) => boolean, now: () => string): RelayPrinter {
  const changed = onChange()
  return {
    usualMs: LINES_MS,
    listening: (report) => printLine(listeningText(report)),
    event: (event) => isTold(event) && printLine(`${now()} ${relayEventText(event)}`),
    counters: (report) => {
      if (changed(report)) for (const text of relayLines(report)) printLine(`${now()} ${text}`)
    },
    end() {},
  }
}

function livePrinter(isTold: (event: RelayEvent) => boolean, now: () => string): RelayPrinter {
  let lines: readonly string[] = []
  const region = openRegion(() => region.draw(lines))
  const counters = (report: RelayReport): void => {
    lines = relayLines(forPeople(report))
    region.draw(lines)
  }
  return {
    usualMs: LIVE_MS,
    listening: (report) => {
      region.above([listeningText(forPeople(report))])
      counters(report)
    },
    event: (event) => {
      if (!isTold(event)) return
      region.above([`${now()} ${relayEventText(forPeople(event))}`])
    },
    counters,
    end: () => region.end(),
  }
}

const listeningText = ({ listen, backends }: RelayReport): string =>
  `Listening on ${listen.join(' and ')} for ${backends.map(({ name, weight }) => `${name} (weight ${weight})`).join(', ')}. Ctrl-C ends it.`

/** Whether counters moved since the last time. */
function onChange(): (report: RelayReport) => boolean {
  let before: string | undefined
  return ({ total, backends, errors }) => {
    const now = JSON.stringify([total, backends.map(({ checkMs: _, ...rest }) => rest), errors])
    const is = now !== before
    before = now
    return is
  }
}

import type { ClockReport, ClockRequest } from '../../../api/engine-clock.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { command } from '../../command.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { usageProblem } from '../../problem.ts'
import { spanOf, spanText } from '../../span.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf, type LocalEngine } from '../../target/state-dir.ts'
import { one } from '../../words.ts'

/** A week of daily backups takes a while to catch up with. */
const JOURNEY_TIMEOUT_MS = 300_000

export const engineClockShow = command({
  summary: "Show the local engine's clock",
  description:
    "Maintenance windows, pending changes, backups, events and their dates follow this clock. Signatures, certificates and the expiry of items in nodes keep the machine's time.",
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    await print.answer(await control<ClockReport>(engineOf(flags), 'GET', CONTROL.clock), readingText)
  },
})

export const engineClockAdvance = command({
  summary: "Move the local engine's clock forward",
  description:
    'What falls due on the way is done on the way, in its order and with its date: maintenance windows open, backups are made. Returns when that is done. The clock stays moved after a restart; `cachectl engine reset` puts it back.',
  examples: ['engine clock advance 7d', 'engine clock advance 1d12h'],
  words: { duration: one('how far: 90s, 15m, 12h, 7d, 1d12h', (said) => spanOf('<duration>', said)) },
  flags: stateDirFlag,
  forms: {},
  async run({ words, flags, print }) {
    await print.answer(await move(engineOf(flags), { advanceMs: words.duration }), readingText)
  },
})

export const engineClockSet = command({
  summary: "Set the local engine's clock to a later time",
  description: 'As `engine clock advance`, with the time to arrive at.',
  examples: ['engine clock set 2030-01-01T04:00:00Z'],
  words: { time: one('ISO 8601; without a zone it is UTC', timeOf) },
  flags: stateDirFlag,
  forms: {},
  async run({ words, flags, print }) {
    await print.answer(await move(engineOf(flags), { set: words.time }), readingText)
  },
})

const move = (engine: LocalEngine, request: ClockRequest) =>
  control<ClockReport>(engine, 'POST', CONTROL.clock, request, JOURNEY_TIMEOUT_MS)

function timeOf(text: string): string {
  const time = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$|^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time)) {
    throw usageProblem(`argument <time>: invalid time: '${text}'`, 'ISO 8601, such as 2030-01-01T04:00:00Z.')
  }
  return new Date(time).toISOString()
}

const readingText = ({ now, aheadMs }: ClockReport): string =>
  `${now}${aheadMs > 0 ? `, ${spanText(aheadMs)} ahead of this machine` : ''}`

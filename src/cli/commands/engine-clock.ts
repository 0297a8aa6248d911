import type { ClockReport, ClockRequest } from '../../api/engine-clock.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import type { Flags } from '../flags.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { spanOf, spanText } from '../span.ts'
import { requireEngine } from '../state-dir.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

/** A week of daily backups takes a while to catch up with. */
const JOURNEY_TIMEOUT_MS = 300_000

const flags: Flags = { ...outputFlag, ...stateDirFlag }

export class EngineClockShow extends BaseCommand {
  static override summary = "Show the local engine's clock"
  static override description =
    'Maintenance windows, pending changes, backups, events and their dates follow this clock. Signatures, certificates and the expiry of items in nodes keep the machine’s time.'
  static override flags = flags

  async run(): Promise<void> {
    const { flags: given } = this.read()
    report(await control<ClockReport>(requireEngine(stateDirOf(given)), 'GET', CONTROL.clock), given)
  }
}

export class EngineClockAdvance extends BaseCommand {
  static override summary = "Move the local engine's clock forward"
  static override description =
    'What falls due on the way is done on the way, in its order and with its date: maintenance windows open, backups are made. Returns when that is done. The clock stays moved after a restart; `cachectl engine reset` puts it back.'
  static override examples = ['engine clock advance 7d', 'engine clock advance 1d12h']
  static override args = { time: word('how far: 90s, 15m, 12h, 7d, 1d12h', { required: true }) }
  static override flags = flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    await move({ advanceMs: spanOf('<time>', words[0] ?? '') }, given)
  }
}

export class EngineClockSet extends BaseCommand {
  static override summary = "Set the local engine's clock to a later time"
  static override description = 'As `engine clock advance`, with the time to arrive at.'
  static override examples = ['engine clock set 2030-01-01T04:00:00Z']
  static override args = { time: word('ISO 8601; without a zone it is UTC', { required: true }) }
  static override flags = flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    await move({ set: timeOf(words[0] ?? '') }, given)
  }
}

async function move(request: ClockRequest, given: FlagValues): Promise<void> {
  const engine = requireEngine(stateDirOf(given))
  report(await control<ClockReport>(engine, 'POST', CONTROL.clock, request, JOURNEY_TIMEOUT_MS), given)
}

function timeOf(text: string): string {
  const time = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$|^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time)) {
    throw usageProblem(`argument <time>: invalid time: '${text}'`, 'ISO 8601, such as 2030-01-01T04:00:00Z.')
  }
  return new Date(time).toISOString()
}

function report(reading: ClockReport, given: FlagValues): void {
  if (choiceOf(given, 'output', ['text', 'json'], 'text') === 'json') printLine(JSON.stringify(reading, null, 4))
  else printLine(`${reading.now}${reading.aheadMs > 0 ? `, ${spanText(reading.aheadMs)} ahead of this machine` : ''}`)
}

import type { AlarmHistoryRecord, AlarmRecord } from '../store/records.ts'
import type { Change, Store } from '../store/store.ts'
import { alarmOf } from './view.ts'

/** CloudWatch keeps 30 days; the number is our own, and holds for a region's alarms together. */
const DAYS = 30
const DAY_MS = 24 * 60 * 60_000
const MOST_LINES = 5_000
const DIGITS = 12

type Line = Pick<AlarmHistoryRecord, 'alarm' | 'date' | 'type' | 'summary' | 'data'>

/** Writes lines of one region's history within one change of the store; as many of the oldest go as are too many. */
export class HistoryWriter {
  readonly #change: Change
  readonly #region: string
  readonly #present: readonly AlarmHistoryRecord[]
  #added = 0
  #removed = 0

  constructor(change: Change, store: Store, region: string) {
    this.#change = change
    this.#region = region
    this.#present = store.list('alarmHistory', region)
  }

  add(line: Line): void {
    const last = Number(this.#present.at(-1)?.id ?? 0)
    this.#added++
    this.#change.put('alarmHistory', {
      region: this.#region,
      id: String(last + this.#added).padStart(DIGITS, '0'),
      ...line,
    })
    for (;;) {
      const oldest = this.#present[this.#removed]
      const isTooMuch = this.#present.length - this.#removed + this.#added > MOST_LINES
      if (!oldest || (!isTooMuch && oldest.date >= line.date - DAYS * DAY_MS)) return
      this.#change.remove('alarmHistory', oldest)
      this.#removed++
    }
  }

  /** What a caller did to the alarm itself. */
  addConfiguration(what: 'Create' | 'Update' | 'Delete', alarm: AlarmRecord, date: number): void {
    const done = `${what.toLowerCase()}d`
    const data = { version: '1.0', type: what, [`${done}Alarm`]: { ...alarmOf(alarm), stateData: stateData(alarm) } }
    this.add({
      alarm: alarm.id,
      date,
      type: 'ConfigurationUpdate',
      summary: `Alarm "${alarm.id}" ${done}`.slice(0, 255),
      data: JSON.stringify(data),
    })
  }
}

/** A state as lines of the history have it. */
export const stateData = ({ state, stateReason, stateReasonData }: AlarmRecord) => ({
  stateValue: state,
  stateReason,
  ...(stateReasonData !== undefined && { stateReasonData: JSON.parse(stateReasonData) as unknown }),
})

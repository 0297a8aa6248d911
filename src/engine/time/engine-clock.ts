import { Fault } from '../../api/faults.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from './clock.ts'

/** A journey stops this often at most; what falls due between two stops is woken at the second, in its order. */
const MOST_STOPS = 1_000
const RECORD = { region: 'engine', id: 'clock' } as const

interface Alarm {
  readonly time: number
  readonly wake: () => void
  cancel: () => void
}

/** What the clock reports of itself. Milliseconds; `offset` is how far it is ahead of the machine's. */
export interface ClockReading {
  readonly now: number
  readonly offset: number
}

/** The last moment whose date is written with a year of four digits, in which every text of a time here is. */
const LATEST = Date.UTC(9999, 0)

/**
 * The engine's clock: another clock plus an offset that is kept in the store, so that a moved clock stays moved after a
 * restart. It only goes forward. Signatures and certificates keep the machine's time: their other end does.
 */
export class EngineClock implements Clock {
  readonly #base: Clock
  readonly #store: Store
  #offset: number
  readonly #alarms = new Set<Alarm>()
  #journey: Promise<unknown> = Promise.resolve()

  constructor(base: Clock, store: Store) {
    this.#base = base
    this.#store = store
    this.#offset = store.get('clock', RECORD.region, RECORD.id)?.offset ?? 0
  }

  now(): number {
    return this.#base.now() + this.#offset
  }

  at(time: number, wake: () => void): () => void {
    const alarm: Alarm = { time, wake, cancel: () => {} }
    this.#alarms.add(alarm)
    this.#arm(alarm)
    return () => {
      this.#alarms.delete(alarm)
      alarm.cancel()
    }
  }

  reading(): ClockReading {
    return { now: this.now(), offset: this.#offset }
  }

  /**
   * Moves to `target(now)` and wakes what falls due on the way, earliest first, waiting with `settled` for what each wakes:
   * a week brings seven daily backups, dated a day apart, and not one. Refuses to go backwards.
   */
  travel(target: (now: number) => number, settled: () => Promise<void>): Promise<ClockReading> {
    const journey = this.#journey.then(() => this.#travel(target, settled))
    this.#journey = journey.catch(() => {})
    return journey
  }

  /** As new, at the machine's time: nothing recorded is left that it could run behind of. */
  reset(): void {
    this.#moveBy(-this.#offset)
    this.#rearm()
  }

  async #travel(target: (now: number) => number, settled: () => Promise<void>): Promise<ClockReading> {
    const start = this.now()
    const end = target(start)
    if (!Number.isSafeInteger(end)) throw new Fault('InvalidParameterValue', 'The time to go to must be a date.')
    if (end > LATEST) throw new Fault('InvalidParameterValue', `The time to go to must not be after ${iso(LATEST)}.`)
    if (end < start) {
      throw new Fault(
        'InvalidParameterValue',
        `The engine's clock never goes backwards: it is ${iso(start)}, later than ${iso(end)}.`,
      )
    }
    // Stored first: after a crash on the way the clock is not behind what has been dated on the way.
    const offset = this.#offset + end - start
    this.#store.change((change) => change.put('clock', { ...RECORD, offset }))
    const stride = (end - start) / MOST_STOPS
    for (let now = this.now(); now < end; now = this.now()) {
      const due = this.#earliestDue() ?? end
      const stop = Math.min(end, Math.max(due, now + stride))
      this.#moveBy(stop - now)
      this.#wakeDue()
      await settled()
    }
    this.#offset = offset
    this.#rearm()
    return this.reading()
  }

  #moveBy(milliseconds: number): void {
    this.#offset += Math.ceil(milliseconds)
  }

  #earliestDue(): number | undefined {
    let earliest: number | undefined
    for (const { time } of this.#alarms) if (earliest === undefined || time < earliest) earliest = time
    return earliest
  }

  #wakeDue(): void {
    const now = this.now()
    const due = [...this.#alarms].filter(({ time }) => time <= now).sort((a, b) => a.time - b.time)
    for (const alarm of due) {
      // One that went before may have cancelled it.
      if (!this.#alarms.delete(alarm)) continue
      alarm.cancel()
      alarm.wake()
    }
  }

  #arm(alarm: Alarm): void {
    alarm.cancel = this.#base.at(alarm.time - this.#offset, () => {
      this.#alarms.delete(alarm)
      alarm.wake()
    })
  }

  #rearm(): void {
    for (const alarm of this.#alarms) {
      alarm.cancel()
      this.#arm(alarm)
    }
  }
}

const iso = (time: number): string => new Date(time).toISOString()

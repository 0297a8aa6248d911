import { type Owner, textOf } from '../nodes/wanted.ts'
import type { Clock } from '../time/clock.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** What ran for so long, or was not tried, has nothing to do with what was before. */
const FORGOTTEN_AFTER_MS = 2 * LONGEST_PAUSE_MS
/** From so many on it is not going to run by itself: a creation has failed, what was there is told to be away. */
const MANY = 5

/** That what runs the nodes of a cluster or cache ended by itself, so many times with little between. */
export interface Setback {
  readonly inARow: number
  /** When it is to be tried again. */
  readonly due: number
  /** Of the last time. */
  readonly why: string
}

/**
 * Setbacks of each record. The first is tried again at once, the next ones later and later. Not in the records: an engine that
 * is started anew tries anew.
 */
export class Setbacks {
  readonly #clock: Clock
  readonly #all = new Map<string, Setback>()
  readonly #told = new WeakSet<Setback>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(owner: Owner, why: string): void {
    const inARow = (this.of(owner)?.inARow ?? 0) + 1
    const pause = inARow === 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (inARow - 2), LONGEST_PAUSE_MS)
    this.#all.set(textOf(owner), { inARow, due: this.#clock.now() + pause, why })
  }

  of(owner: Owner): Setback | undefined {
    const setback = this.#all.get(textOf(owner))
    if (setback && setback.due + FORGOTTEN_AFTER_MS >= this.#clock.now()) return setback
    return undefined
  }

  /** Whether people are to hear of it: once of each that leaves no hope. */
  isNews(setback: Setback): boolean {
    if (setback.inARow < MANY || this.#told.has(setback)) return false
    this.#told.add(setback)
    return true
  }

  forget(owner: Owner): void {
    this.#all.delete(textOf(owner))
  }
}

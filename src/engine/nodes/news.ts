import type { Clock } from '../time/clock.ts'
import { type Owner, textOf, type WantedList } from './wanted.ts'

/** Lists of nodes that are on their way to the nodes, which is longer while that is rehearsed. */
export class News {
  readonly #clock: Clock
  readonly #wake: (owner: Owner) => void
  readonly #last = new Map<string, { readonly text: string; readonly since: number }>()
  readonly #alarms = new Set<string>()

  /** @param wake Called when a list is due that was not. */
  constructor(clock: Clock, wake: (owner: Owner) => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /** Whether a node is to know the list by now. */
  hasArrived({ text, delayMs }: WantedList, owner: Owner): boolean {
    if (delayMs === 0) return true
    const now = this.#clock.now()
    const known = this.#last.get(textOf(owner))
    const since = known?.text === text ? known.since : now
    this.#last.set(textOf(owner), { text, since })
    const due = since + delayMs
    if (due > now) this.#wakeAt(due, owner)
    return due <= now
  }

  forget(owner: Owner): void {
    this.#last.delete(textOf(owner))
  }

  /** Once, however often it is asked for. */
  #wakeAt(due: number, owner: Owner): void {
    const alarm = `${textOf(owner)} ${due}`
    if (this.#alarms.has(alarm)) return
    this.#alarms.add(alarm)
    this.#clock.at(due, () => {
      this.#alarms.delete(alarm)
      this.#wake(owner)
    })
  }
}

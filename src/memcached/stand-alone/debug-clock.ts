import { type Clock, systemClock } from '../clock.ts'

/** A clock that can be stopped and moved, for the verb `debugtime`: expiry is tested without waiting for it. */
export class DebugClock implements Clock {
  readonly #clock: Clock
  readonly #steps = new Set<() => void>()
  #moved = 0
  #stoppedAt: number | undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  now(): number {
    return (this.#stoppedAt ?? this.#clock.now()) + this.#moved
  }

  everySecond(step: () => void): () => void {
    this.#steps.add(step)
    const stop = this.#clock.everySecond(step)
    return () => {
      this.#steps.delete(step)
      stop()
    }
  }

  /** As {@link Operator.debugTime} wants it. */
  obey(word: string): boolean {
    if (word === 'p') this.#stoppedAt ??= this.#clock.now()
    else if (word === 'r') this.#stoppedAt = undefined
    else if (/^[+-]?\d{1,9}$/.test(word)) this.#moved += Number(word)
    else return false
    for (const step of this.#steps) step()
    return true
  }
}

import type { Clock } from '../time/clock.ts'

/** What a round of work leaves: more to do now, something due later, or nothing until somebody kicks. */
export type Round = 'again' | 'done' | { readonly until: number }

interface LoopsOptions {
  readonly clock: Clock
  /** One round of work on a record. Reads it anew, does one thing, commits. When it throws, it is tried again later. */
  readonly round: (region: string, id: string) => Promise<Round>
  readonly log: (line: string) => void
}

/** How long until a round that failed is tried again. */
const RETRY_MS = 5_000

/**
 * Works on the records of one kind: on each by one loop at a time, on different ones side by side. Nothing is remembered here
 * but when to look again, which follows from the records.
 */
class Loops {
  readonly #options: LoopsOptions
  readonly #running = new Map<string, Promise<void>>()
  readonly #wanted = new Set<string>()
  readonly #timers = new Map<string, () => void>()
  #closing = false

  constructor(options: LoopsOptions) {
    this.#options = options
  }

  get closing(): boolean {
    return this.#closing
  }

  /** Looks at a record that has changed. Settles when there is nothing to do with it at the moment. */
  kick(region: string, id: string): Promise<void> {
    const key = `${region}/${id}`
    const running = this.#running.get(key)
    if (running) {
      this.#wanted.add(key)
      return running
    }
    const loop = this.#work(region, id, key)
    this.#running.set(key, loop)
    return loop
  }

  /** Settles when nothing is being worked on: all that is left waits for its due date. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const cancel of this.#timers.values()) cancel()
    await Promise.all(this.#running.values())
  }

  async #work(region: string, id: string, key: string): Promise<void> {
    do {
      this.#wanted.delete(key)
      const round = await this.#rounds(region, id, key)
      if (round !== 'done') this.#wake(region, id, round.until)
    } while (this.#wanted.has(key) && !this.#closing)
    // In the same breath as the last look: whoever kicks after it starts a new loop.
    this.#running.delete(key)
  }

  async #rounds(region: string, id: string, key: string): Promise<Exclude<Round, 'again'>> {
    try {
      let round: Round = 'again'
      while (round === 'again' && !this.#closing) round = await this.#options.round(region, id)
      return round === 'again' ? 'done' : round
    } catch (error) {
      this.#options.log(`${key}: ${(error as Error).stack}`)
      return { until: this.#options.clock.now() + RETRY_MS }
    }
  }

  #wake(region: string, id: string, time: number): void {
    if (this.#closing) return
    const key = `${region}/${id}`
    this.#timers.get(key)?.()
    this.#timers.set(
      key,
      this.#options.clock.at(time, () => {
        this.#timers.delete(key)
        void this.kick(region, id)
      }),
    )
  }
}

/** What carries the records of one kind forward, round by round; kicked when one of them has changed. */
export abstract class LoopRunner {
  readonly #loops: Loops

  constructor({ clock, log }: Pick<LoopsOptions, 'clock' | 'log'>) {
    this.#loops = new Loops({ clock, log, round: (region, id) => this.round(region, id) })
  }

  protected abstract round(region: string, id: string): Promise<Round>

  protected get closing(): boolean {
    return this.#loops.closing
  }

  /** Looks at a record that has changed. Settles when there is nothing to do with it at the moment. */
  kick(region: string, id: string): Promise<void> {
    return this.#loops.kick(region, id)
  }

  /** Settles when nothing is being worked on: all that is left waits for its due date. */
  idle(): Promise<void> {
    return this.#loops.idle()
  }

  close(): Promise<void> {
    return this.#loops.close()
  }
}

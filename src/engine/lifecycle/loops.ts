import { errorStack } from '../../api/thrown.ts'
import type { RecordKind } from '../store/records.ts'
import type { Clock } from '../time/clock.ts'

/** What a round of work leaves: more to do now, something due later, or nothing until the next kick. */
export type Round = 'again' | 'done' | { readonly until: number }

interface LoopsOptions<K extends RecordKind> {
  readonly clock: Clock
  /** One round of work on a record. Reads it anew, does one thing, commits. When it throws, it is tried again later. */
  readonly round: (kind: K, region: string, id: string) => Promise<Round>
  readonly log: (line: string) => void
}

/** How long until a round that failed, or waits for what only others can give, is tried again. */
export const RETRY_MS = 5_000

/**
 * Works on records: on each by one loop at a time, on different ones side by side. Nothing is remembered here but when to look
 * again, which follows from the records.
 */
class Loops<K extends RecordKind> {
  readonly #options: LoopsOptions<K>
  readonly #running = new Map<string, Promise<void>>()
  readonly #wanted = new Set<string>()
  readonly #timers = new Map<string, () => void>()
  #closing = false

  constructor(options: LoopsOptions<K>) {
    this.#options = options
  }

  get closing(): boolean {
    return this.#closing
  }

  /** Looks at a record that has changed. Settles when there is nothing to do with it at the moment. */
  kick(kind: K, region: string, id: string): Promise<void> {
    const key = `${kind} ${region}/${id}`
    const running = this.#running.get(key)
    if (running) {
      this.#wanted.add(key)
      return running
    }
    const loop = this.#work(kind, region, id, key)
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

  async #work(kind: K, region: string, id: string, key: string): Promise<void> {
    do {
      this.#wanted.delete(key)
      const round = await this.#rounds(kind, region, id)
      if (round !== 'done') this.#wake(kind, region, id, round.until)
    } while (this.#wanted.has(key) && !this.#closing)
    // In the same turn as the last look: a kick after it starts a new loop.
    this.#running.delete(key)
  }

  async #rounds(kind: K, region: string, id: string): Promise<Exclude<Round, 'again'>> {
    try {
      let round: Round = 'again'
      while (round === 'again' && !this.#closing) round = await this.#options.round(kind, region, id)
      return round === 'again' ? 'done' : round
    } catch (error) {
      this.#options.log(`${region}/${id}: ${errorStack(error)}`)
      return { until: this.#options.clock.now() + RETRY_MS }
    }
  }

  #wake(kind: K, region: string, id: string, time: number): void {
    if (this.#closing) return
    const key = `${kind} ${region}/${id}`
    this.#timers.get(key)?.()
    this.#timers.set(
      key,
      this.#options.clock.at(time, () => {
        this.#timers.delete(key)
        void this.kick(kind, region, id)
      }),
    )
  }
}

/** What carries records forward, round by round; kicked when one of them has changed. */
export abstract class LoopRunner<K extends RecordKind> {
  readonly #loops: Loops<K>

  constructor({ clock, log }: Pick<LoopsOptions<K>, 'clock' | 'log'>) {
    this.#loops = new Loops({ clock, log, round: (kind, region, id) => this.round(kind, region, id) })
  }

  protected abstract round(kind: K, region: string, id: string): Promise<Round>

  protected get closing(): boolean {
    return this.#loops.closing
  }

  /** Looks at a record that has changed. Settles when there is nothing to do with it at the moment. */
  kick(kind: K, region: string, id: string): Promise<void> {
    return this.#loops.kick(kind, region, id)
  }

  /** Settles when nothing is being worked on: all that is left waits for its due date. */
  idle(): Promise<void> {
    return this.#loops.idle()
  }

  close(): Promise<void> {
    return this.#loops.close()
  }
}

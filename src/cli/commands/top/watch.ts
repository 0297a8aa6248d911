import { errorHint, errorMessage } from '../../../api/thrown.ts'
import type { Dial } from '../../../kv/conversation.ts'
import { type Clock, elapsedMs } from '../../../net/clock.ts'
import type { NodeRates, Stats } from './rates.ts'
import type { Talk, Talking } from './talks.ts'

/** A node to look at. */
export interface WatchedNode {
  readonly label: string
  readonly dial: Dial
  readonly talk: Talk
  /** Of a replication group: nodes of the same have the same keys. */
  readonly shard?: string
}

const REMEMBERED = 400

/** One node, asked again and again over one connection, which is made anew when it breaks. */
export class NodeWatch {
  readonly node: WatchedNode
  rates: NodeRates | undefined
  problem: string | undefined
  /** What to do about the problem, where that is known. */
  hint: string | undefined
  /** How long the last answer took. */
  answerMs: number | undefined
  readonly history: (number | undefined)[] = []
  readonly #clock: Clock
  #talking: Talking | undefined
  #before: { stats: Stats; atMs: number } | undefined

  constructor(node: WatchedNode, clock: Clock) {
    this.node = node
    this.#clock = clock
  }

  /** Asks once; what becomes of it is in `rates` or `problem`. */
  async look(): Promise<void> {
    try {
      this.#talking ??= await this.node.talk.open(this.node.dial)
      const askedMs = this.#clock.monotonicMs()
      const stats = await this.#talking.stats()
      const atMs = this.#clock.monotonicMs()
      this.answerMs = atMs - askedMs
      const before = this.#before
      this.#before = { stats, atMs }
      this.problem = undefined
      if (!before) return
      this.rates = this.node.talk.rates(before.stats, stats, Math.max(1, elapsedMs(this.#clock, before.atMs)) / 1000)
      this.#remember(this.rates.operations)
    } catch (error) {
      this.close()
      this.#before = undefined
      this.rates = undefined
      this.answerMs = undefined
      this.problem = errorMessage(error)
      this.hint = errorHint(error)
      this.#remember(undefined)
    }
  }

  close(): void {
    this.#talking?.close()
    this.#talking = undefined
  }

  #remember(operations: number | undefined): void {
    this.history.push(operations)
    if (this.history.length > REMEMBERED) this.history.shift()
  }
}

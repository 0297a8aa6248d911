import { errorMessage } from '../../../api/thrown.ts'
import { KvConnection } from '../../../kv/connection.ts'
import type { Dial } from '../../../kv/conversation.ts'
import { readWords } from '../../../kv/replies.ts'
import { type Clock, elapsedMs } from '../../../net/clock.ts'
import { type NodeRates, ratesOf, type Stats, statsOf } from './rates.ts'

/** A node to look at. */
export interface WatchedNode {
  readonly label: string
  readonly dial: Dial
}

const REMEMBERED = 400

/** One node, asked again and again over one connection, which is made anew when it breaks. */
export class NodeWatch {
  readonly node: WatchedNode
  rates: NodeRates | undefined
  problem: string | undefined
  readonly history: (number | undefined)[] = []
  readonly #clock: Clock
  #connection: KvConnection | undefined
  #before: { stats: Stats; atMs: number } | undefined

  constructor(node: WatchedNode, clock: Clock) {
    this.node = node
    this.#clock = clock
  }

  /** Asks once; what becomes of it is in `rates` or `problem`. */
  async look(): Promise<void> {
    try {
      this.#connection ??= await KvConnection.open(this.node.dial)
      const stats = statsOf(await this.#connection.request('stats\r\n', readWords))
      const atMs = this.#clock.monotonicMs()
      const before = this.#before
      this.#before = { stats, atMs }
      this.problem = undefined
      if (!before) return
      this.rates = ratesOf(before.stats, stats, Math.max(1, elapsedMs(this.#clock, before.atMs)) / 1000)
      this.#remember(this.rates.operations)
    } catch (error) {
      this.close()
      this.#before = undefined
      this.rates = undefined
      this.problem = errorMessage(error)
      this.#remember(undefined)
    }
  }

  close(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  #remember(operations: number | undefined): void {
    this.history.push(operations)
    if (this.history.length > REMEMBERED) this.history.shift()
  }
}

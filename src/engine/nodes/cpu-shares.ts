import { performance } from 'node:perf_hooks'

/** A call takes some microseconds, some hundred where much is moved: more is the thread's own. */
const LONGEST_CALL_SECONDS = 0.0005

/**
 * The seconds a worker thread was busy, shared among its nodes. How much each used cannot be measured within a thread; system
 * calls are what a cache node spends its time on, and those are counted. Time in which no node made any counts for none.
 */
export class CpuShares {
  #busyMs = 0
  /** By node: system calls seen so far, and seconds it has got. */
  readonly #nodes = new Map<object, { calls: number; seconds: number }>()

  /** @param calls System calls of each node so far. */
  update(calls: ReadonlyMap<object, number>): void {
    const busyMs = performance.eventLoopUtilization().active
    const made = [...calls].map(([node, total]): [object, number, number] => {
      const before = this.#nodes.get(node)?.calls ?? 0
      // `stats reset` sets them back to zero.
      return [node, total, total >= before ? total - before : total]
    })
    const all = made.reduce((sum, [, , calls]) => sum + calls, 0)
    const seconds = Math.min((busyMs - this.#busyMs) / 1000, all * LONGEST_CALL_SECONDS)
    this.#busyMs = busyMs
    for (const [node, total, own] of made) {
      const before = this.#nodes.get(node)?.seconds ?? 0
      this.#nodes.set(node, { calls: total, seconds: before + (own > 0 ? (seconds * own) / all : 0) })
    }
    for (const node of this.#nodes.keys()) if (!calls.has(node)) this.#nodes.delete(node)
  }

  secondsOf(node: object): number {
    return this.#nodes.get(node)?.seconds ?? 0
  }
}

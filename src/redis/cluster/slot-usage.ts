import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { Core } from '../core.ts'
import type { Args } from '../protocol/args.ts'
import type { Cluster } from './cluster.ts'

/** What is counted of each slot, beside its keys, while `cluster-slot-stats-enabled` says so. */
export const USAGES = ['cpu-usec', 'network-bytes-in', 'network-bytes-out'] as const

export type Usage = (typeof USAGES)[number]

/** What commands for slots have taken, by slot. */
export class SlotUsage {
  /** Absent: nothing is counted. */
  figures: Readonly<Record<Usage, Float64Array>> | undefined
  readonly #core: Core
  // Of the command that runs: its slot, and how much had been replied before it.
  #slot = -1
  #replied = 0

  constructor(core: Core, cluster: Cluster) {
    this.#core = core
    core.timers.push((client, _command, args, ms) => {
      // What scripts and transactions do is counted as theirs.
      if (this.figures !== undefined && this.#slot >= 0 && core.serving === client) this.#count(args, ms)
    })
    core.statisticsResets.push(() => this.#reset())
    core.config.follow(['clusterSlotStatsEnabled'], () => {
      const { clusterSlotStatsEnabled: isOn } = core.config.settings
      if (isOn === (this.figures !== undefined)) return
      this.figures = isOn ? none() : undefined
      core.timing('slots', isOn)
      cluster.redirections.usage = isOn ? this : undefined
    })
  }

  /** A command for a slot is about to run. */
  begins(slot: number): void {
    this.#slot = slot
    this.#replied = this.#repliedSoFar
  }

  get #repliedSoFar(): number {
    return this.#core.replies.written + this.#core.replies.length
  }

  #count(args: Args, ms: number): void {
    const { figures } = this
    if (figures === undefined) return
    add(figures['cpu-usec'], this.#slot, Math.round(ms * 1000))
    add(figures['network-bytes-in'], this.#slot, bytesOf(args))
    add(figures['network-bytes-out'], this.#slot, this.#repliedSoFar - this.#replied)
    this.#slot = -1
  }

  #reset(): void {
    if (this.figures !== undefined) this.figures = none()
  }
}

const none = (): Record<Usage, Float64Array> => ({
  'cpu-usec': new Float64Array(SLOTS),
  'network-bytes-in': new Float64Array(SLOTS),
  'network-bytes-out': new Float64Array(SLOTS),
})

function add(figures: Float64Array, slot: number, amount: number): void {
  figures[slot] = (figures[slot] ?? 0) + amount
}

/** `$<length>`, the word, and the ends of both lines; likewise `*<words>`. */
function bytesOf(args: Args): number {
  const line = (value: number): number => String(value).length + 3
  let bytes = line(args.count)
  for (let i = 0; i < args.count; i++) bytes += line(args.length(i)) + args.length(i) + 2
  return bytes
}

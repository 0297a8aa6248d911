/**
 * CPU credits of a burstable node, from the minutes of its CPUUtilization. They are told every five minutes only (guide,
 * "Host-Level Metrics"); a credit is one vCPU at 100 % for a minute. Pure.
 */
import type { CpuCredits } from '../../api/catalog/cpu-credits.ts'

/** Minutes between two samples. */
const EVERY = 5

export interface CreditSample {
  readonly minute: number
  readonly usage: number
  readonly balance: number
}

/**
 * Of each five minutes, dated at their start, in which there is a sample. A balance that began before the samples is taken
 * as what a node that did nothing would have earned: it began at zero, standard mode having no launch credits on T3 and T4g.
 * @param createdAt The node's first minute.
 */
export function creditSamples(
  utilization: readonly { readonly minute: number; readonly percent: number }[],
  { hourly, most, vcpus }: CpuCredits,
  createdAt: number,
): CreditSample[] {
  const [first] = utilization
  if (!first) return []
  const samples: CreditSample[] = []
  let balance = Math.min(most, (Math.max(0, first.minute - createdAt) / 60) * hourly)
  let start = first.minute - (first.minute % EVERY)
  let usage = 0
  let last = first.minute - 1
  const close = () => {
    samples.push({ minute: start, usage, balance })
    usage = 0
  }
  for (const { minute, percent } of utilization) {
    const itsStart = minute - (minute % EVERY)
    if (itsStart !== start) {
      close()
      start = itsStart
    }
    const used = (percent / 100) * vcpus
    usage += used
    balance = Math.max(0, Math.min(most, balance + ((minute - last) / 60) * hourly - used))
    last = minute
  }
  // Five minutes that are not over are told when they are.
  if (last % EVERY === EVERY - 1) close()
  return samples
}

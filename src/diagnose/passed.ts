import type { Clock } from '../net/clock.ts'

interface Passed {
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** What a look hands on to each of its questions: what ends them, and the time they go by. */
export const passed = ({ signal, clock }: Passed): Passed => ({ ...(signal && { signal }), ...(clock && { clock }) })

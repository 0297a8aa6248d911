import type { Pace } from '../../../api/local-engine.ts'

/** Milliseconds that a change of a user or of a user group takes; on AWS seconds to two minutes. */
const CHANGE: Readonly<Record<Pace, number>> = { instant: 0, quick: 500, realistic: 30_000 }

export const userChangeDue = (pace: Pace, now: number): number => now + CHANGE[pace]

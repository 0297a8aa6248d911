import type { Pace } from '../../../api/local-engine.ts'

/** Milliseconds until a snapshot is written, copied, exported or deleted; AWS takes one to five minutes for a small group. */
const DELAYS: Readonly<Record<Pace, number>> = { instant: 0, quick: 300, realistic: 60_000 }

export const snapshotDue = (pace: Pace, now: number): number => now + DELAYS[pace]

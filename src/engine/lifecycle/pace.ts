import type { Pace } from '../../api/local-engine.ts'

/** Milliseconds that authorizing or revoking an EC2 security group in a cache security group takes. */
export const authorizationDelay = (pace: Pace): number => ({ instant: 0, quick: 300, realistic: 15_000 })[pace]

/** Milliseconds for which a reserved node's payment is pending. */
export const paymentDelay = (pace: Pace): number => ({ instant: 0, quick: 500, realistic: 60_000 })[pace]

/** Milliseconds until a node that has ended by itself is replaced. Never none: one that always ends at once makes no storm. */
export const replacementDelay = (pace: Pace): number => ({ instant: 200, quick: 2_000, realistic: 60_000 })[pace]

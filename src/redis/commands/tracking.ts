import type { Row } from './command.ts'

/** CLIENT TRACKING and its kin. */
export const TRACKING: readonly Row[] = []

import type { Row } from './command.ts'

/** The commands of sorted sets. */
export const SORTED_SETS: readonly Row[] = []

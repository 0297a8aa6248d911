import type { Row } from './command.ts'

/** The commands of sets. */
export const SETS: readonly Row[] = []

import type { Row } from './command.ts'

/** The commands of places. */
export const GEO: readonly Row[] = []

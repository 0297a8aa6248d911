import type { Row } from './command.ts'

/** The commands of lists. */
export const LISTS: readonly Row[] = []

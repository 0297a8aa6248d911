import type { Row } from './command.ts'

/** SORT. */
export const SORT: readonly Row[] = []

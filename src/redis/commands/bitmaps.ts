import type { Row } from './command.ts'

/** The commands of bitmaps. */
export const BITMAPS: readonly Row[] = []

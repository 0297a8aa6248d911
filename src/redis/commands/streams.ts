import type { Row } from './command.ts'

/** The commands of streams. */
export const STREAMS: readonly Row[] = []

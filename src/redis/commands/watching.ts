import type { Row } from './command.ts'

/** MONITOR, SLOWLOG and LATENCY. */
export const WATCHING: readonly Row[] = []

import type { Row } from './command.ts'

/** The commands of HyperLogLogs. */
export const HYPERLOGLOG: readonly Row[] = []

import type { Row } from './command.ts'

/** The commands of replication. */
export const REPLICATION: readonly Row[] = []

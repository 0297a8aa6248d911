import type { Row } from './command.ts'

/** The commands of cluster mode. */
export const CLUSTER: readonly Row[] = []
